package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/metadata"
)

// topologyFlags say which app, with which parameters, as a cluster of which size.
type topologyFlags struct {
	dir      string
	set      []string
	counts   []string
	adding   []string
	deleting []string
	noLinks  bool
}

// project is an app with its simulated cluster.
type project struct {
	app     *app.App
	spec    *app.Spec
	cluster *metadata.Cluster
}

// addDirFlag adds --dir: which app.
func addDirFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVarP(dir, "dir", "C", ".", "the app's `DIR`: its project, or a repository without appimg.toml")
	completeFolders(cmd, "dir")
}

func addTopologyFlags(d *deps, cmd *cobra.Command) *topologyFlags {
	t := &topologyFlags{}
	f := cmd.Flags()
	addDirFlag(cmd, &t.dir)
	f.StringArrayVar(&t.set, "set", nil, "a parameter's value instead of its default, as `KEY=VALUE` with the key of config.json (env.port=6380; repeatable)")
	f.StringArrayVar(&t.counts, "count", nil, "number of nodes: `[ROLE=]N` (repeatable)")
	f.StringArrayVar(&t.adding, "adding", nil, "the last N nodes of a role are just being added: `[ROLE=]N`")
	f.StringArrayVar(&t.deleting, "deleting", nil, "the last N nodes of a role are about to leave: `[ROLE=]N`")
	f.BoolVar(&t.noLinks, "no-links", false, "as if the user had linked no other cluster")
	completeFlag(cmd, "set", t.words(d, parameters))
	for _, name := range []string{"count", "adding", "deleting"} {
		completeFlag(cmd, name, t.words(d, roleCounts))
	}
	return t
}

// changed reports whether any of the flags was given.
func (t *topologyFlags) changed(cmd *cobra.Command) bool {
	return slices.ContainsFunc([]string{"dir", "set", "count", "adding", "deleting", "no-links"}, cmd.Flags().Changed)
}

// openApp opens the app alone.
func (t *topologyFlags) openApp(ctx context.Context, d *deps) (*app.App, error) {
	a, err := openDir(ctx, t.dir)
	if err != nil {
		return nil, err
	}
	d.noteOnce(a.Notes)
	return a, nil
}

// openDir opens the app that -C names. One that cannot be opened is an error of usage.
func openDir(ctx context.Context, dir string) (*app.App, error) {
	a, err := app.Open(ctx, dir, app.Options{})
	return a, usageError(err)
}

// open opens the app and builds its cluster. A project that cannot be read is
// an error of usage.
func (t *topologyFlags) open(ctx context.Context, d *deps) (*project, error) {
	a, err := t.openApp(ctx, d)
	if err != nil {
		return nil, err
	}
	set, err := parseSet(t.set)
	if err != nil {
		return nil, err
	}
	spec, err := a.Expand(set)
	if err != nil {
		return nil, usageError(err)
	}
	d.noteOnce(spec.Notes)
	top := metadata.Topology{NoLinks: t.noLinks}
	for _, f := range []struct {
		flag   string
		values []string
		into   *map[string]int
	}{{"count", t.counts, &top.Counts}, {"adding", t.adding, &top.Adding}, {"deleting", t.deleting, &top.Deleting}} {
		if *f.into, err = parseCounts(spec, f.flag, f.values); err != nil {
			return nil, err
		}
	}
	c, err := metadata.Build(spec, top)
	if err != nil {
		return nil, usageError(err)
	}
	d.noteOnce(c.Notes)
	return &project{a, spec, c}, nil
}

func parseSet(flags []string) (map[string]string, error) {
	set := map[string]string{}
	for _, f := range flags {
		key, value, ok := strings.Cut(f, "=")
		if !ok || key == "" {
			return nil, diag.WithHint(usagef("--set %q: no KEY=VALUE", f), "for example --set env.port=6380")
		}
		set[key] = value
	}
	return set, nil
}

// parseCounts reads [ROLE=]N; without ROLE it is the app's only role.
func parseCounts(spec *app.Spec, flag string, values []string) (map[string]int, error) {
	counts := map[string]int{}
	for _, v := range values {
		role, number, named := strings.Cut(v, "=")
		if !named {
			number = role
			var err error
			if role, err = onlyRole(spec, flag, number); err != nil {
				return nil, err
			}
		} else if spec.Role(role) == nil {
			return nil, unknownRole(spec, flag, v, role)
		}
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 {
			return nil, usagef("--%s %q: %q is no number of nodes", flag, v, number)
		}
		counts[role] = n
	}
	return counts, nil
}

// masters are the roles that a user counts: a replica role's count follows from its master's.
func masters(spec *app.Spec) []string {
	var names []string
	for _, r := range spec.Roles {
		if !r.IsReplica {
			names = append(names, r.Name)
		}
	}
	return names
}

func onlyRole(spec *app.Spec, flag, number string) (string, error) {
	names := masters(spec)
	if len(names) == 1 {
		return names[0], nil
	}
	return "", diag.WithHint(usagef("--%s %s: the app has several roles: %s", flag, number, strings.Join(names, ", ")),
		"--%s %s=%s", flag, slices.Concat(names, []string{"ROLE"})[0], number)
}

func unknownRole(spec *app.Spec, flag, value, role string) error {
	err := usagef("--%s %q: no role %q", flag, value, role)
	if names := masters(spec); len(names) > 1 || names[0] != "" {
		return diag.DidYouMean(err, role, names, rolesAre(names))
	}
	return diag.WithHint(err, "the app has one role without a name: --%s %s", flag, fmt.Sprint(value[len(role)+1:]))
}

// rolesAre lists roles that have a name, for a hint.
func rolesAre(names []string) string {
	named := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "" })
	if len(named) == 0 {
		return "the only role has no name: leave the role out"
	}
	return "the roles are " + strings.Join(named, ", ")
}
