package rules

import (
	"context"
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
)

// keyNotWatched finds metadata that a template reads and its resource does not
// fetch: for the template it does not exist.
func keyNotWatched() validate.Rule {
	return validate.NewRule("key-not-watched", validate.Error, "A template reads what the keys of its resource do not cover",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, read := range firstOnLine(reads(p)) {
				if covered(read) {
					continue
				}
				f := r.Span(read.pos, read.end(p), "%q is not among the keys of %s: the template never sees it", read.Key, r.Rel(read.pair.File))
				f.Origin = r.Origin(read.pair.Resource.Pos("keys"))
				f.WithFix("add %q to keys", "/"+read.parts[0])
				if read.Default || read.Func != "getv" && read.Func != "get" {
					f.As(validate.Warning)
				}
			}
			return nil
		})
}

// covered reports whether a key of the resource may hold what is read.
func covered(read keyRead) bool {
	known := read.parts
	for i, part := range known {
		if !literal(part) {
			known = known[:i]
			break
		}
	}
	want := "/" + strings.Join(known, "/")
	for _, key := range read.pair.Resource.Keys {
		key = path.Clean("/" + key)
		if key == "/" || below(want, key) || len(known) < len(read.parts) && below(key, want) || want == "/" {
			return true
		}
		if lists := read.Func == "ls" || read.Func == "lsdir"; lists && below(key, want) {
			return true
		}
	}
	return false
}
