package kvm

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

// ParseHosts reads a hosts file: one machine per line, then KEY=VALUE words
// (user, port, sudo); "#" begins a comment.
func ParseHosts(file string, data []byte) ([]Target, error) {
	var out []Target
	seen := map[Target]int{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		t, err := parseHostLine(words)
		if err == nil && seen[t] > 0 {
			err = fmt.Errorf("%q is on line %d already", t.String(), seen[t])
		}
		if err != nil {
			return nil, &diag.Error{Op: "reading the hosts", Pos: diag.Pos{File: file, Line: n}, Err: err}
		}
		seen[t] = n
		out = append(out, t)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the hosts %q: %w", file, err)
	}
	return out, nil
}

func parseHostLine(words []string) (t Target, err error) {
	if t, err = ParseTarget(words[0]); err != nil {
		return t, err
	}
	for _, w := range words[1:] {
		key, value, ok := strings.Cut(w, "=")
		switch {
		case !ok || value == "":
			return t, fmt.Errorf("%q is not KEY=VALUE", w)
		case key == "user":
			t.User = value
		case key == "port":
			if t.Port, err = strconv.Atoi(value); err != nil || t.Port < 1 || t.Port > 65535 {
				return t, fmt.Errorf("%q is no port", value)
			}
		case key == "sudo" && (value == "yes" || value == "no"):
			t.NoSudo = value == "no"
		default:
			known := []string{"user", "port", "sudo"}
			err := fmt.Errorf("%q is not known", w)
			if near := diag.Nearest(key, known, 1); len(near) > 0 {
				return t, diag.WithHint(err, "did you mean %q?", near[0])
			}
			return t, diag.WithHint(err, "a line is [user@]host[:port] [user=NAME] [port=N] [sudo=yes|no]")
		}
	}
	return t, nil
}
