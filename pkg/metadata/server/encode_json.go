package server

import (
	"encoding/json"
	"unicode/utf8"
)

// appendJSON appends n as encoding/json would write it. The encodings of the
// data's directories below a view are kept: the views of all nodes of a
// cluster share them.
func appendJSON(b []byte, n *node) []byte {
	if n.isLeaf() {
		return appendQuoted(b, n.value)
	}
	if k := n.dir.json.Load(); k != nil {
		return append(b, k.bytes...)
	}
	if n.dir.passing {
		return n.appendObject(b, appendJSON)
	}
	start := len(b)
	b = n.appendObject(b, appendPlainJSON)
	if len(b)-start <= maxKept {
		n.dir.json.Store(&kept{bytes: append([]byte(nil), b[start:]...)})
	}
	return b
}

// appendPlainJSON is appendJSON that keeps nothing: what it writes is part of
// what will be kept.
func appendPlainJSON(b []byte, n *node) []byte {
	if n.isLeaf() {
		return appendQuoted(b, n.value)
	}
	return n.appendObject(b, appendPlainJSON)
}

func (n *node) appendObject(b []byte, appendKid func([]byte, *node) []byte) []byte {
	b = append(b, '{')
	for i, k := range n.kids() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, k.name)
		b = append(b, ':')
		b = appendKid(b, k.node)
	}
	return append(b, '}')
}

// appendQuoted appends s as a JSON string, with the escapes of encoding/json.
func appendQuoted(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(s)
			if err != nil { // there is no string that it cannot write
				panic(err)
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
