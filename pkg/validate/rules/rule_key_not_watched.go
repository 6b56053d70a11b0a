package rules

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// keyNotWatched finds metadata that a template reads and its resource does not
// fetch: for the template it does not exist.
func keyNotWatched() validate.Rule {
	return validate.NewRule("key-not-watched", validate.Error, "A template reads what the keys of its resource do not cover",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range p.Pairs() {
				reportNoKeys(r, pair)
			}
			for _, read := range firstOnLine(reads(p)) {
				if len(read.pair.Resource.Keys) == 0 || keysUnsure(read.pair) || covered(read) {
					continue
				}
				reportNotWatched(p, r, read)
			}
			return nil
		})
}

// reportNotWatched reports a read; all that one more key would cover are told
// as one.
func reportNotWatched(p *validate.Package, r *validate.Reporter, read keyRead) {
	key := "/" + read.parts[0]
	f := r.Span(read.pos, read.end(p), "").WithFix("add %q to keys", key)
	f.Origin = r.Origin(read.pair.Resource.Pos("keys"))
	if !needsKey(read) {
		f.As(validate.Warning)
	}
	f.Together(pairKey{read.pair, key}, read.Key, func(reads []string) string {
		toml := r.Rel(read.pair.File)
		if more := len(reads) - 1; more > 0 {
			return fmt.Sprintf("%q and %d more below %s are not among the keys of %s: the template never sees them", reads[0], more, key, toml)
		}
		return fmt.Sprintf("%q is not among the keys of %s: the template never sees it", reads[0], toml)
	})
}

// needsKey reports whether rendering ends where what is read is not there.
func needsKey(read keyRead) bool { return !read.Default && (read.Func == "getv" || read.Func == "get") }

// reportNoKeys reports a resource without any key: its template sees nothing.
func reportNoKeys(r *validate.Reporter, pair *validate.Pair) {
	if pair.Syntax == nil || len(pair.Resource.Keys) > 0 || keysUnsure(pair) {
		return
	}
	var first string
	var want []string
	severity := validate.Warning // with defaults alone it renders, always the same
	for _, read := range readsOf(pair) {
		if covered(read) {
			continue // it asks for everything, and gets nothing
		}
		if key := strconv.Quote("/" + read.parts[0]); !slices.Contains(want, key) {
			want = append(want, key)
		}
		first = cmp.Or(first, read.Key)
		if needsKey(read) {
			severity = validate.Error
		}
	}
	if len(want) == 0 {
		return
	}
	pos, what := pair.Resource.Pos("keys"), "keys is empty"
	if pos.IsZero() {
		pos, what = pair.Resource.Pos("src"), "keys is missing"
	}
	r.At(pos, "%s: the template sees no metadata at all, and reads %q", what, first).As(severity).WithFix("keys = [%s]", strings.Join(want, ", "))
}

// keysUnsure reports whether the keys of a resource may be what could not be
// read of it.
func keysUnsure(pair *validate.Pair) bool {
	keys := pair.Resource.Pos("keys")
	return pair.Err != nil && (keys.IsZero() || diag.PosOf(pair.Err).Line >= keys.Line)
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
