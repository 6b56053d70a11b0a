package server

import (
	"bytes"
	"encoding/json"

	"gopkg.in/yaml.v2"
)

// maxKept is the size in bytes up to which the encoding of a directory is kept
// for the next answer. The /self of 100 nodes has 16 KB.
const maxKept = 1 << 20

// kept is the encoding of a directory; prefix is what its paths in text begin with.
type kept struct {
	prefix string
	bytes  []byte
}

// appendNode appends n in the given format: leaves bare in text, no final
// newline in JSON.
func appendNode(b []byte, n *node, f format, pretty bool) ([]byte, error) {
	switch {
	case f == asYAML:
		return appendYAML(b, n.plain())
	case f == asJSON && pretty:
		return indent(b, appendJSON(nil, n))
	case f == asJSON:
		return appendJSON(b, n), nil
	case n.isLeaf():
		return append(b, n.value...), nil
	default:
		return appendText(b, "", n), nil
	}
}

// appendValue is appendNode for what is no tree.
func appendValue(b []byte, v any, f format, pretty bool) ([]byte, error) {
	if f == asYAML {
		return appendYAML(b, v)
	}
	out, err := json.Marshal(v)
	if err != nil {
		return b, err
	}
	if pretty {
		return indent(b, out)
	}
	return append(b, out...), nil
}

func appendYAML(b []byte, v any) ([]byte, error) {
	out, err := yaml.Marshal(v)
	return append(b, out...), err
}

func indent(b, compact []byte) ([]byte, error) {
	buf := bytes.NewBuffer(b)
	err := json.Indent(buf, compact, "", "  ")
	return buf.Bytes(), err
}
