package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
)

func reportLacking(r *validate.Reporter, prog program, folder string) {
	r.At(prog.pos, "%s runs %s: no file of the repository is called so, and %s/ has others of that folder", prog.name, prog.path, folder).
		In(prog.role).As(validate.Warning).With(validate.Likely).WithFix("add it to %s/, or run one that is there", folder).Path = prog.path
}

// lacksIn is the folder of an unconverted repository that has the other programs
// which commands run in the folder of prog, and not prog, which is called like
// them (reload-demo.sh beside start-demo.sh). What a package brings beside them
// has a name of its own: zkServer.sh.
func lacksIn(p *validate.Package, prog program) string {
	dir, name := path.Dir(prog.path), path.Base(prog.path)
	if p.App.Manifest != nil || systemFolder(dir) {
		return ""
	}
	folder := layoutOf(p).folders[dir]
	if folder == "" || !calledLike(name, layoutOf(p).programs[dir]) || isNamed(p, prog.path) {
		return ""
	}
	return folder
}

// layout is which folders of an unconverted repository are put where on nodes,
// as far as the programs tell that commands run.
type layout struct {
	programs map[string]map[string]bool // folder of a node → names
	folders  map[string]string          // folder of a node → of the repository
	files    map[string]map[string]bool // folder of the repository → names
}

func layoutOf(p *validate.Package) *layout {
	type key struct{}
	return validate.Keep(p, key{}, func() *layout {
		l := &layout{map[string]map[string]bool{}, map[string]string{}, map[string]map[string]bool{}}
		for _, prog := range programs(p) {
			put(l.programs, prog.path)
		}
		for _, f := range p.Files() {
			put(l.files, f.Rel)
		}
		for dir, names := range l.programs {
			if folder := l.folderWith(names, dir); folder != "" {
				l.folders[dir] = folder
			}
		}
		return l
	})
}

func put(folders map[string]map[string]bool, file string) {
	dir := path.Dir(file)
	if folders[dir] == nil {
		folders[dir] = map[string]bool{}
	}
	folders[dir][path.Base(file)] = true
}

// folderWith is the folder of the repository that has most of some names: two at
// least, and half of them. Of several it is the one whose path ends like dir; ""
// where that is more than one.
func (l *layout) folderWith(names map[string]bool, dir string) string {
	best, most := "", 0
	for folder, has := range l.files {
		n := 0
		for name := range names {
			if has[name] {
				n++
			}
		}
		if n < 2 || 2*n < len(names) {
			continue
		}
		switch n = 100*n + validate.CommonEnd(folder, dir); {
		case n > most:
			best, most = folder, n
		case n == most:
			best = ""
		}
	}
	return best
}

// isOthers reports whether a folder of the repository is put somewhere else than
// to dir.
func (l *layout) isOthers(folder, dir string) bool {
	for d, f := range l.folders {
		if f == folder && d != dir {
			return l.folders[dir] != folder
		}
	}
	return false
}

// isNamed reports whether a file of the repository is called like a program, or
// may make it: a pair, or a text that has its name. What is put elsewhere, and
// paths of others, do not count.
func isNamed(p *validate.Package, prog string) bool {
	dir, name, l := path.Dir(prog), path.Base(prog), layoutOf(p)
	if slices.ContainsFunc(p.Pairs(), func(pair *validate.Pair) bool { return pair.Resource == nil || path.Base(pair.Resource.Dest) == name }) {
		return true
	}
	return slices.ContainsFunc(p.Files(), func(f *validate.File) bool {
		text, ok := p.Text(f.Path)
		switch {
		case l.isOthers(path.Dir(f.Rel), dir):
			return false
		case path.Base(f.Rel) == name:
			return true
		case !ok || f.Path == p.App.ClusterFile || strings.HasSuffix(f.Rel, ".toml") || strings.HasSuffix(f.Rel, ".md"):
			return false
		}
		return mayName(text, prog)
	})
}

// mayName reports whether a text has a path of a program: its own, or one that
// is not known to its beginning.
func mayName(text, prog string) bool {
	name := path.Base(prog)
	for from := 0; ; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return false
		}
		from += i + len(name)
		start := from - len(name)
		for start > 0 && (isTokenByte(text[start-1]) || strings.IndexByte("/${}", text[start-1]) >= 0) {
			start--
		}
		if whole := text[start:from]; !path.IsAbs(whole) || strings.Contains(whole, "$") || whole == prog {
			return true
		}
	}
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
		if other == name {
			continue
		}
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
