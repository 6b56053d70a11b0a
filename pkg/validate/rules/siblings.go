package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
)

func reportLacking(r *validate.Reporter, prog program, folder string) {
	r.At(prog.pos, "%s runs %s: no file of the repository is called so, and %s has the other programs of that folder", prog.name, prog.path, folder).
		In(prog.role).As(validate.Warning).With(validate.Likely).WithFix("add it to %s, or run one that is there", folder).Path = prog.path
}

// lacksIn is the folder of an unconverted repository that has all other programs
// which commands run in the folder of prog, two at least, and not prog, which is
// called like them (reload-demo.sh beside start-demo.sh). What a package brings
// beside them has a name of its own: zkServer.sh.
func lacksIn(p *validate.Package, prog program) string {
	dir, name := path.Split(prog.path)
	if p.App.Manifest != nil || systemFolder(path.Clean(dir)) || isNamed(p, name) {
		return ""
	}
	beside := map[string]bool{}
	for _, other := range programs(p) {
		if d, base := path.Split(other.path); d == dir && base != name {
			beside[base] = true
		}
	}
	if len(beside) < 2 || !calledLike(name, beside) {
		return ""
	}
	return folderWith(p, beside, path.Clean(dir))
}

// folderWith is the folder of a repository that has all names, by the end of its
// path that of dir where there are several; "" if that can be another one, too.
func folderWith(p *validate.Package, names map[string]bool, dir string) string {
	best, most := "", -1
	for folder, has := range foldersOf(p) {
		n := commonEnd(path.Clean(folder), dir)
		if !holdsAll(has, names) || n < most {
			continue
		}
		if n == most {
			best = ""
			continue
		}
		best, most = folder, n
	}
	return best
}

// isNamed reports whether a file of the repository is called name, or one that
// may make it, a pair or a script, says so.
func isNamed(p *validate.Package, name string) bool {
	return made(p, name) || slices.ContainsFunc(p.Files(), func(f *validate.File) bool { return path.Base(f.Rel) == name }) ||
		slices.ContainsFunc(p.Pairs(), func(pair *validate.Pair) bool { return path.Base(pair.Resource.Dest) == name })
}

// actions are words of names of scripts that any app may have.
const actions = serviceNames + " reload status health check monitor measure run enable disable out in scale snapshot delete healthcheck"

// calledLike reports whether a name is that of others but for the action.
func calledLike(name string, others map[string]bool) bool {
	words := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return r == '-' || r == '_' || r == '.' })
	}
	known := map[string]bool{}
	for other := range others {
		for _, w := range words(other) {
			known[w] = true
		}
	}
	acts := false
	for _, w := range words(name) {
		act := slices.Contains(strings.Fields(actions), strings.ToLower(w))
		if acts = acts || act; !act && !known[w] {
			return false
		}
	}
	return acts
}

// foldersOf are the folders of a repository, with the names of their files.
func foldersOf(p *validate.Package) map[string]map[string]bool {
	type key struct{}
	return validate.Keep(p, key{}, func() map[string]map[string]bool {
		out := map[string]map[string]bool{}
		for _, f := range p.Files() {
			dir, base := path.Split(f.Rel)
			if out[dir] == nil {
				out[dir] = map[string]bool{}
			}
			out[dir][base] = true
		}
		return out
	})
}

func holdsAll(has, want map[string]bool) bool {
	for name := range want {
		if !has[name] {
			return false
		}
	}
	return true
}
