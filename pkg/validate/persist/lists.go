package persist

import (
	"slices"

	"github.com/appimg/appimg/pkg/validate"
)

// meant are the roles that a line with a list of folders is about: those that have
// volumes for some of them. nil where the line has no list, or does not tell so: all
// roles have some, or none has.
func (g *group) meant() []*role {
	paths, on, all := map[string]bool{}, []*role{}, []*role{}
	for _, s := range g.sites {
		if !s.setting || s.doc.pair == nil && s.doc.owners == nil {
			return nil
		}
		paths[s.path] = true
		if !slices.Contains(all, s.role) {
			all = append(all, s.role)
		}
		if !slices.Contains(g.off, s) && !s.role.exempt && !slices.Contains(on, s.role) {
			on = append(on, s.role)
		}
	}
	if len(paths) < 3 || len(on) == 0 || len(on) == len(all) {
		return nil
	}
	return on
}

// ofList are the verdicts of a line with a list: it is about the roles that have volumes
// for some of its folders, whichever roles have the file. Those of them that are sure to
// have it, where there are some; and none but those that start its daemon, where it is
// known who does.
func (j *project) ofList(g *group, meant []*role) []verdict {
	var out []verdict
	if doers := j.doers(g.sites[0]); len(both(doers, meant)) > 0 {
		meant = both(doers, meant)
	}
	own := slices.DeleteFunc(slices.Clone(meant), func(r *role) bool { return !g.sites[0].doc.owners.has(r) })
	if len(own) > 0 {
		meant = own
	}
	for _, s := range g.off {
		if slices.Contains(meant, s.role) {
			out = append(out, verdict{site: s, confidence: lower(s.sure, validate.Likely), inArea: j.area(s.path)})
		}
	}
	return out
}
