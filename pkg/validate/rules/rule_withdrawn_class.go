package rules

import (
	"context"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// withdrawnClass finds instance and volume classes that the platform is
// withdrawing.
func withdrawnClass() validate.Rule {
	return validate.NewRule("withdrawn-class", validate.Info, "The platform is withdrawing a class of instances or volumes",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			seen := map[diag.Pos]bool{} // replicas and roles may share a property
			for _, n := range nodes(p) {
				for _, c := range []struct {
					name, old, advice string
					v                 *jsondoc.Value
				}{
					{"instance_class", "0 1 201", "101, 202 or 301", n.doc.Get("instance_class")},
					{"volume.class", "0 3", "100 or 200", n.doc.Get("volume", "class")},
				} {
					old := slices.DeleteFunc(possible(p, c.v), func(v *jsondoc.Value) bool {
						return !oneOf(v, c.old) || replaced(p, c.name, v.Text)
					})
					if len(old) == 0 || seen[old[0].Pos] {
						continue
					}
					seen[old[0].Pos] = true
					f := tell(r, n.role, old[0], "%s %s: the platform is withdrawing it", c.name, texts(old)).WithFix("offer %s", c.advice)
					atPlaces(f, old[0].Pos, c.name)
				}
			}
			return nil
		})
}

// texts are the values, each once.
func texts(values []*jsondoc.Value) string {
	var out []string
	for _, v := range values {
		if !slices.Contains(out, v.Text) {
			out = append(out, v.Text)
		}
	}
	return strings.Join(out, ", ")
}

// replaced reports whether replace_policy.json of some zone replaces a class.
func replaced(p *validate.Package, name, class string) bool {
	key := map[string]string{"instance_class": "instance_class", "volume.class": "volume_class"}[name]
	for _, zone := range replacements(p) {
		if zone.Value.Get(key, "src="+class) != nil {
			return true
		}
	}
	return false
}
