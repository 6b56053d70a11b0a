package cli

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm/payload"
)

// roleFlags say which role of which project a machine is.
type roleFlags struct {
	dir, role string
	given     func() bool // -C or --role was
}

func addRoleFlags(cmd *cobra.Command) *roleFlags {
	r := &roleFlags{}
	f := cmd.Flags()
	f.StringVarP(&r.dir, "dir", "C", ".", "the app's `DIR`, where it is known")
	f.StringVar(&r.role, "role", "", "the `ROLE` that the machines are for, where the app has several")
	r.given = func() bool { return f.Changed("dir") || f.Changed("role") }
	return r
}

// open is the app and the role; nil without -C, --role and appimg.toml here.
func (r *roleFlags) open(ctx context.Context, d *deps) (*app.App, *app.Spec, error) {
	if _, err := os.Stat(filepath.Join(r.dir, app.ManifestName)); err != nil && !r.given() {
		return nil, nil, nil
	}
	t := &topologyFlags{dir: r.dir}
	a, err := t.openApp(ctx, d)
	if err != nil {
		return nil, nil, err
	}
	spec, err := a.Expand(nil)
	return a, spec, usageError(err)
}

// mounts are where the role's volumes are; nil where no app is known.
func (r *roleFlags) mounts(ctx context.Context, d *deps) ([]string, error) {
	_, spec, err := r.open(ctx, d)
	if err != nil || spec == nil {
		return nil, err
	}
	byMounts := map[string][]string{}
	found := false
	for _, role := range spec.Roles {
		if r.role != "" && role.Name != r.role {
			continue
		}
		found = true
		mounts := []string{}
		if role.Volume != nil {
			mounts = role.Volume.Mounts
		} else {
			d.note("role %q has no volume", role.Name)
		}
		byMounts[strings.Join(mounts, "\n")] = mounts
	}
	if !found {
		return nil, noRole(r.role, spec.RoleNames())
	}
	if len(byMounts) > 1 {
		names := spec.RoleNames()
		slices.Sort(names)
		return nil, diag.WithHint(usagef("the roles have different volumes: --role required"), "there are %s", strings.Join(names, ", "))
	}
	for _, mounts := range byMounts {
		return mounts, nil
	}
	return nil, nil
}

// images are those that the role's machines are made of; nil where no app is known.
func (r *roleFlags) images(ctx context.Context, d *deps) (*app.App, []*app.Image, error) {
	a, spec, err := r.open(ctx, d)
	if err != nil || a == nil {
		return nil, nil, err
	}
	images, err := imagesOf(a, spec, r.role)
	return a, images, err
}

// items are what the project puts on the role's machines; nil where no app is known.
func (r *roleFlags) items(ctx context.Context, d *deps) ([]payload.Item, error) {
	a, images, err := r.images(ctx, d)
	if err != nil || a == nil {
		return nil, err
	}
	out := []payload.Item{}
	for _, img := range images {
		items, err := payload.Of(img)
		if err != nil {
			return nil, usageError(err)
		}
		out = append(out, items...)
	}
	return out, nil
}

func noRole(name string, names []string) error {
	return diag.DidYouMean(usagef("no role is called %q", name), name, names, "there are "+strings.Join(names, ", "))
}
