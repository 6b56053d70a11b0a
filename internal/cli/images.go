package cli

import (
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
)

// imageNamed is the image of a project that the user calls name.
func imageNamed(a *app.App, name string) (*app.Image, error) {
	if img := a.Image(name); img != nil {
		return img, nil
	}
	var names []string
	for _, img := range a.Images {
		names = append(names, img.Name)
	}
	return nil, diag.DidYouMean(usagef("no image %q in %q", name, a.Root), name, names, "the images are "+strings.Join(names, ", "))
}

// rolesOf are the roles whose nodes an image is for.
func rolesOf(spec *app.Spec, img *app.Image) []*app.Role {
	var out []*app.Role
	for _, r := range spec.Roles {
		if img.UsedBy(r.Name) {
			out = append(out, r)
		}
	}
	return out
}

// imagesOf are the images that a role's machines are made of.
func imagesOf(a *app.App, spec *app.Spec, role string) ([]*app.Image, error) {
	if role != "" && spec.Role(role) == nil {
		return nil, noRole(role, spec.RoleNames())
	}
	if role == "" && len(a.Images) > 1 {
		return nil, diag.WithHint(usagef("the app has %d images: --role required", len(a.Images)), "it says which of them the machines are made of")
	}
	var out []*app.Image
	for _, img := range a.Images {
		if role == "" || img.UsedBy(role) {
			out = append(out, img)
		}
	}
	return out, nil
}
