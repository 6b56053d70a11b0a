package shell

import (
	"path"
	"slices"
	"strings"
)

// made tells of what is made once and cannot be made again: accounts, keys, the
// authority of a cluster.
func (w *walker) made(k call, v Value, what string) {
	if v.Text == "" || strings.HasPrefix(v.Text, "-") || strings.HasPrefix(v.Text, "/dev/") {
		return
	}
	w.products[v.Text] = true
	if rest, ok := strings.CutPrefix(v.Text, "~/"); ok {
		v.Text = "/root/" + rest
	}
	if !strings.Contains(v.Text, "/") && w.dir == "" {
		return
	}
	base := v.Base
	if w.into != nil && !strings.HasPrefix(v.Text, "/") && !strings.HasPrefix(v.Text, "$") {
		base = w.into
	}
	w.emit(Event{
		Op: Made, Path: v.Text, Name: what, Command: k.name, At: v.At, Use: v.use(), Base: base,
		Guards: slices.Clip(w.guards),
	})
}

// product reports whether something is a copy of what was made before in a place that
// does not last: a file, or what lies in its folder. What moves has no other copy.
func (w *walker) product(k call, from []Value) bool {
	for _, v := range from {
		if passing := strings.HasPrefix(v.Text, "/tmp/") || strings.HasPrefix(v.Text, "$") || !strings.Contains(v.Text, "/"); !passing && k.name != "mv" {
			continue
		}
		if w.products[v.Text] {
			return true
		}
		for made := range w.products {
			if strings.Contains(path.Base(v.Text), "*") && path.Dir(made) == path.Dir(v.Text) {
				return true
			}
		}
	}
	return false
}
