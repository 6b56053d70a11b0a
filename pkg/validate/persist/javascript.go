package persist

import (
	"path"
	"slices"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// takenFromEnv adds the places where programs in JavaScript take a folder out of the
// environment which a file sets: where a path is used is a place to mend, too.
func (j *project) takenFromEnv() {
	given := map[*doc.Role]map[string][]*site{} // by variable
	for _, s := range j.sites {
		if s.setting && s.key != "" && s.doc.Given == "" && doc.IsEnv(s.doc.Node) {
			if given[s.role] == nil {
				given[s.role] = map[string][]*site{}
			}
			given[s.role][s.key] = append(given[s.role][s.key], s)
		}
	}
	for _, d := range j.docs {
		if d.Format != reader.JavaScript && path.Ext(d.Node) != ".js" || d.Build || len(given) == 0 {
			continue
		}
		for _, use := range reader.EnvUses(d.Text) {
			for _, r := range slices.DeleteFunc(slices.Clone(j.roles), func(r *doc.Role) bool { return !d.Of(r) }) {
				for _, s := range given[r][use.Name] {
					j.put(site{
						doc: d, role: r, path: s.path + use.Below, kind: s.kind, sure: lower(s.sure, validate.Likely),
						why: "a program takes it from " + use.Name, offset: use.Offset, setting: true, key: use.Name,
					})
				}
			}
		}
	}
}
