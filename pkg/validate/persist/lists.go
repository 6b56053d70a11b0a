package persist

import (
	"slices"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
)

// meant are the roles that a line with a list of folders is about: those that have
// volumes for all of them, or else for some. nil where the line has no list, or does not tell so: all
// roles have some, or none has.
func (g *group) meant() []*doc.Role {
	paths, on, all := map[string]bool{}, []*doc.Role{}, []*doc.Role{}
	for _, s := range g.sites {
		if !s.setting || s.doc.Pair == nil && s.doc.Owners == nil {
			return nil
		}
		paths[s.path] = true
		if !slices.Contains(all, s.role) {
			all = append(all, s.role)
		}
		if !slices.Contains(g.off, s) && !s.role.Exempt && !slices.Contains(on, s.role) {
			on = append(on, s.role)
		}
	}
	if len(paths) < 3 { // two may be two things
		on = slices.DeleteFunc(on, func(r *doc.Role) bool { return !onSeveral(r, paths) })
	}
	whole := slices.DeleteFunc(slices.Clone(on), func(r *doc.Role) bool {
		return slices.ContainsFunc(g.off, func(s *site) bool { return s.role == r })
	})
	if len(whole) > 0 {
		on = whole
	}
	if len(on) == 0 || len(on) == len(all) {
		return nil
	}
	return on
}

// onSeveral reports whether paths lie on several volumes of a role, all of them.
func onSeveral(r *doc.Role, paths map[string]bool) bool {
	on := map[string]bool{}
	for p := range paths {
		mount := mountOf(r, p)
		if mount == "" {
			return false
		}
		on[mount] = true
	}
	return len(on) > 1
}

// ofList are the verdicts of a line with a list: it is about the roles that have volumes
// for some of its folders, whichever roles have the file. Those of them that are sure to
// have it, where there are some; and none but those that start its daemon, where it is
// known who does.
func (j *project) ofList(g *group, meant []*doc.Role) []verdict {
	var out []verdict
	if doers := j.doers(g.sites[0]); len(doc.Common(doers, meant)) > 0 {
		meant = doc.Common(doers, meant)
	}
	own := slices.DeleteFunc(slices.Clone(meant), func(r *doc.Role) bool { return !g.sites[0].doc.Owners.Has(r) })
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

// listsOthers reports whether a line lists folders that lie on several volumes of one other
// role, and none on one of the role that has it: what it starts there has them.
func (j *project) listsOthers(g *group) bool {
	paths := map[string]bool{}
	for _, s := range g.sites {
		if !s.setting || s.role != g.sites[0].role || !slices.Contains(g.off, s) {
			return false
		}
		paths[s.path] = true
	}
	return slices.ContainsFunc(j.roles, func(r *doc.Role) bool { return onSeveral(r, paths) })
}

// mountOf is the mount point of a role that a path lies below; "" where there is none.
func mountOf(r *doc.Role, p string) string {
	prefix, _ := disk.Known(p)
	for _, m := range r.Mounts {
		if disk.Under(prefix, disk.Clean(m)) {
			return m
		}
	}
	return ""
}
