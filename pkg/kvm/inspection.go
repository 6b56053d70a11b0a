package kvm

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// inspection is what glance.sh, verify.sh and inspectScript have printed.
type inspection struct {
	values map[string][]string
	pairs  map[string][]byte // the files below conf.d and templates
	files  map[string]FileState
}

// state is what was found at a path: nothing where it was not looked at.
func (i *inspection) state(path string) FileState {
	s := i.files[path]
	s.Path = path
	return s
}

// parseSaid reads the answer about paths, and about those that the machine added.
func parseSaid(printed []byte, paths []string) (*inspection, error) {
	head, rest, ok := bytes.Cut(printed, []byte("=pairs=\n"))
	at := bytes.LastIndex(rest, []byte("=files=\n"))
	if !ok || at < 0 {
		return nil, fmt.Errorf("the machine's answer has no end: %q", printed[:min(len(printed), 200)])
	}
	said := &inspection{values: map[string][]string{}, pairs: parseDump(rest[:at]), files: map[string]FileState{}}
	for _, l := range strings.Split(string(head), "\n") {
		if k, v, ok := strings.Cut(l, "="); ok {
			said.values[k] = append(said.values[k], v)
		}
	}
	states, err := parseInspection(rest[at+len("=files=\n"):], slices.Concat(paths, said.values["path"]))
	for _, s := range states {
		said.files[s.Path] = s
	}
	return said, err
}

// parseDump reads what "wc -c" says of files, and their contents one after the other.
func parseDump(dump []byte) map[string][]byte {
	out := map[string][]byte{}
	sizes, contents, ok := bytes.Cut(dump, []byte("=contents=\n"))
	if !ok {
		return out
	}
	for _, line := range strings.Split(string(sizes), "\n") {
		size, name, ok := strings.Cut(strings.TrimLeft(line, " "), " ")
		n, err := strconv.Atoi(size)
		if !ok || err != nil || n < 0 || n > len(contents) || !path.IsAbs(name) { // the last line is the total
			continue
		}
		out[name], contents = contents[:n:n], contents[n:]
	}
	return out
}
