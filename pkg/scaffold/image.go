package scaffold

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
)

// SetImage writes the image of a role into every place of cluster.json.mustache
// that names it: the role's own container, and those of other roles that are
// made from the same image of the project and named the same reference so far.
// role may be "" or any name where the app has one unnamed role.
func SetImage(ctx context.Context, a *app.App, role, ref string) (Edits, error) {
	w := &workspace{app: a}
	if err := w.setImage(role, ref); err != nil {
		return nil, fmt.Errorf("setting the image of role %q: %w", role, err)
	}
	return w.finish(ctx)
}

// place is where a role's image is named.
type place struct {
	role string
	path []string
	typ  Type
	ref  *jsondoc.Value
}

func (w *workspace) setImage(role, ref string) error {
	doc, err := w.clusterDoc()
	if err != nil {
		return err
	}
	places := imagePlaces(doc)
	if role, err = w.roleNamed(places, role); err != nil {
		return err
	}
	var changes []jsondoc.Change
	for _, p := range w.sharing(places, role) {
		if p.ref.Kind != jsondoc.String {
			return diag.WithHint(diag.Errorf(p.ref.Pos, "the image is an expression"), "change the default in config.json")
		}
		if err := validImage(p.typ, ref); err != nil {
			return err
		}
		changes = append(changes, jsondoc.SetValue(quote(ref), p.path...))
	}
	return w.cluster(changes...)
}

// imagePlaces are all places of the document that name an image.
func imagePlaces(doc *jsondoc.Value) []place {
	var out []place
	for i, n := range nodesOf(doc) {
		at := []string{"nodes", fmt.Sprint(i), "container"}
		containers, paths := []*jsondoc.Value{n.Get("container")}, [][]string{at}
		if c := n.Get("container"); c != nil && c.Kind == jsondoc.Array { // one for each zone
			containers, paths = c.Items, nil
			for k := range c.Items {
				paths = append(paths, append(slices.Clone(at), fmt.Sprint(k)))
			}
		}
		for k, c := range containers {
			if image := c.Get("image"); image != nil {
				out = append(out, place{n.Get("role").Str(), append(paths[k], "image"), Type(c.Get("type").Str()), image})
			}
		}
	}
	return out
}

// roleNamed is the role as cluster.json.mustache has it. The one unnamed role
// may be called by its group in config.json, or "node".
func (w *workspace) roleNamed(places []place, role string) (string, error) {
	var names []string
	for _, p := range places {
		if p.role == role {
			return role, nil
		}
		names = append(names, p.role)
	}
	if len(slices.Compact(slices.Clone(names))) == 1 && names[0] == "" {
		p := w.app.Config.Lookup("cluster." + role)
		if role == "node" || p != nil && p.Group() {
			return "", nil
		}
		return "", diag.WithHint(fmt.Errorf("no such role in cluster.json.mustache"), "its one role has no name: say node")
	}
	return "", diag.DidYouMean(fmt.Errorf("no such role in cluster.json.mustache"), role, names, "its roles are "+strings.Join(names, ", "))
}

// sharing are the places of role, and of the roles that share its image. What a
// new project has for an image that is not there yet is shared by nobody.
func (w *workspace) sharing(places []place, role string) []place {
	refs := map[string]bool{}
	for _, p := range places {
		if p.role == role && p.ref.Kind == jsondoc.String && p.ref.Text != DefaultKVMImage {
			refs[p.ref.Text] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(places), func(p place) bool {
		return p.role != role && !(refs[p.ref.Text] && w.sameImage(role, p.role))
	})
}

// sameImage reports whether one image of the project is that of both roles.
func (w *workspace) sameImage(a, b string) bool {
	return len(w.app.Images) == 0 || slices.ContainsFunc(w.app.Images, func(img *app.Image) bool {
		return img.UsedBy(a) && img.UsedBy(b)
	})
}
