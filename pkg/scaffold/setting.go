package scaffold

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

// setting is a value in a configuration file: data[start:stop], without the
// quotes around it.
type setting struct {
	path        string // key, with the sections above it: "server.port"
	start, stop int
}

// settings finds the settings of a file, by its form: xml, json, yaml, or lines
// of "key = value", "key: value" and "key value", in sections or in braces.
func settings(name string, data []byte) []setting {
	switch ext := strings.ToLower(path.Ext(strings.TrimSuffix(name, ".tmpl"))); {
	case ext == ".json":
		return jsonSettings(name, data)
	case ext == ".yml" || ext == ".yaml":
		return yamlSettings(data)
	case ext == ".xml" || bytes.HasPrefix(bytes.TrimSpace(data), []byte("<")):
		return xmlSettings(data)
	default:
		return lineSettings(data, ext == ".properties")
	}
}

// findSetting is the setting called key: by its whole path, else the only one
// whose path ends with it. Several, or none, is an error with places or hints.
func findSetting(name string, data []byte, key string) (setting, error) {
	all := settings(name, data)
	for _, fits := range []func(setting) bool{
		func(s setting) bool { return s.path == key },
		func(s setting) bool { return strings.HasSuffix(s.path, "."+key) },
	} {
		var found []setting
		for _, s := range all {
			if fits(s) {
				found = append(found, s)
			}
		}
		if len(found) > 1 {
			return setting{}, ambiguous(name, data, key, found)
		}
		if len(found) == 1 {
			return found[0], nil
		}
	}
	return setting{}, notFound(name, key, all)
}

func ambiguous(name string, data []byte, key string, found []setting) error {
	var places []string
	for _, s := range found {
		places = append(places, fmt.Sprintf("%s (line %d)", s.path, diag.At(name, string(data), s.start).Line))
	}
	err := diag.Errorf(diag.Pos{File: name}, "%q is set %d times: %s", key, len(found), strings.Join(places, ", "))
	return diag.WithHint(err, "name it with its sections, or edit the template by hand")
}

func notFound(name, key string, all []setting) error {
	err := diag.Errorf(diag.Pos{File: name}, "no setting %q", key)
	var keys []string
	for _, s := range all {
		keys = append(keys, s.path, s.path[strings.LastIndexByte(s.path, '.')+1:])
	}
	return diag.DidYouMean(err, key, keys, "NAME=KEY names the key in the file; lines that are comments do not count")
}

// unquoted is the span of a value without surrounding white space and quotes.
func unquoted(data []byte, start, stop int) (int, int) {
	for start < stop && isBlank(data[start]) {
		start++
	}
	for stop > start && isBlank(data[stop-1]) {
		stop--
	}
	if stop-start >= 2 && (data[start] == '"' || data[start] == '\'') && data[stop-1] == data[start] {
		return start + 1, stop - 1
	}
	return start, stop
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// line is one line of a file, without its end.
type line struct {
	start int // offset
	text  string
}

func linesOf(data []byte) []line {
	var out []line
	for start := 0; start < len(data); {
		end := bytes.IndexByte(data[start:], '\n')
		if end < 0 {
			end = len(data) - start
		}
		out = append(out, line{start, strings.TrimSuffix(string(data[start:start+end]), "\r")})
		start += end + 1
	}
	return out
}

// joinPath is key below the sections.
func joinPath(sections []string, key string) string {
	var parts []string
	for _, s := range append(sections[:len(sections):len(sections)], key) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ".")
}
