package doc

import (
	"slices"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// Role is a role that is judged.
type Role struct {
	*app.Role
	Mounts []string                 // where its volumes are
	Exempt bool                     // user_access: its machines are kept
	Vars   map[string][]shell.Value // the environment of its scripts
	Skip   []string                 // words of other roles' commands: functions that only they call
	Disk   *disk.Map                // what is linked where on its nodes
	Base   *Role                    // of a role as a here-document sees it: the role
}

// Itself is the role, whoever sees it.
func (r *Role) Itself() *Role {
	if r.Base != nil {
		return r.Base
	}
	return r
}

// OneImage reports whether all of some roles run the same image.
func OneImage(roles []*Role) bool {
	for _, r := range roles {
		if r.Container.Image != roles[0].Container.Image {
			return false
		}
	}
	return true
}

// Common are the roles that two lists have in common.
func Common(a, b []*Role) []*Role {
	var out []*Role
	for _, r := range a {
		if slices.Contains(b, r) {
			out = append(out, r)
		}
	}
	return out
}

// SharesImage reports whether a role of one list has the image of one of the other.
func SharesImage(a, b []*Role) bool {
	return slices.ContainsFunc(a, func(x *Role) bool {
		return slices.ContainsFunc(b, func(y *Role) bool { return x.Container.Image == y.Container.Image })
	})
}

// WithImageOf are those of some roles that have the image of one of the others.
func WithImageOf(some, others []*Role) []*Role {
	var out []*Role
	for _, r := range some {
		if SharesImage(others, []*Role{r}) {
			out = append(out, r)
		}
	}
	return out
}
