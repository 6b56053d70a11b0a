package cli

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// completion is what a shell offers for an argument or a flag's value.
type completion = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// completeWords makes the shell offer words for a flag.
func completeWords(cmd *cobra.Command, flag string, words ...string) {
	completeFlag(cmd, flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// completeOpen is completeWords for words that may be the beginning of a value.
func completeOpen(cmd *cobra.Command, flag string, words ...string) {
	completeFlag(cmd, flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoSpace))
}

func completeFlag(cmd *cobra.Command, flag string, complete completion) {
	// The only error is a flag that does not exist: a slip that every test of the command shows.
	_ = cmd.RegisterFlagCompletionFunc(flag, complete)
}

// completeFolders makes the shell offer folders for flags.
func completeFolders(cmd *cobra.Command, flags ...string) {
	for _, f := range flags {
		_ = cmd.MarkFlagDirname(f) // as above
	}
}

// words offers what list finds in the project that the flags name; nothing
// where there is none. Words that end in "=" want a value behind them.
func (t *topologyFlags) words(d *deps, list func(*project) []string) completion {
	return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		silent := *d
		silent.quiet = true
		p, err := t.open(cmd.Context(), &silent)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		directive := cobra.ShellCompDirectiveNoFileComp
		var out []string
		for _, w := range list(p) {
			if strings.HasPrefix(w, typed) {
				out = append(out, w)
			}
			if strings.HasSuffix(w, "=") {
				directive |= cobra.ShellCompDirectiveNoSpace
			}
		}
		return out, directive
	}
}

// atFirst offers words for the first argument only.
func atFirst(c completion) completion {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return c(cmd, args, typed)
	}
}

func nodeNames(p *project) []string {
	var out []string
	for _, n := range p.cluster.Nodes {
		out = append(out, n.Name())
	}
	return out
}

// roleNames lists the roles that have a name.
func roleNames(p *project) []string {
	return slices.DeleteFunc(p.spec.RoleNames(), func(name string) bool { return name == "" })
}

// roleCounts offers ROLE= for the roles that a user counts.
func roleCounts(p *project) []string {
	var out []string
	for _, name := range masters(p.spec) {
		if name != "" {
			out = append(out, name+"=")
		}
	}
	return out
}

// imageRoles is how set image calls the roles: the one unnamed role is node.
func imageRoles(p *project) []string {
	if names := roleNames(p); len(names) > 0 {
		return names
	}
	return []string{"node"}
}

func imageNames(p *project) []string {
	var out []string
	for _, img := range p.app.Images {
		out = append(out, img.Name)
	}
	return out
}

// parameters offers KEY= for every property of config.json.
func parameters(p *project) []string {
	var out []string
	for _, leaf := range p.app.Config.Leaves() {
		out = append(out, leaf.Path+"=")
	}
	return out
}

// metadataPaths offers the paths of the tree that PATH starts in, down to the
// step that is being typed.
func (o *metadataShowOptions) metadataPaths(d *deps) completion {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		at := typed[:strings.LastIndexByte(typed, '/')+1]
		paths := func(p *project) []string {
			look := metadataShowOptions{path: at, node: o.node}
			tree, steps, err := look.root(p.cluster)
			if err != nil {
				return nil
			}
			level, err := follow(tree, steps)
			below, _ := level.(map[string]any)
			if err != nil {
				return nil
			}
			var out []string
			for _, key := range slices.Sorted(maps.Keys(below)) {
				out = append(out, "/"+strings.TrimPrefix(at, "/")+key)
			}
			return out
		}
		words, directive := o.topology.words(d, paths)(cmd, args, typed)
		return words, directive | cobra.ShellCompDirectiveNoSpace
	}
}

// noFiles keeps the shell from offering files to the commands that take no arguments.
func noFiles(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		noFiles(c)
	}
	if _, arguments, _ := strings.Cut(strings.TrimSuffix(cmd.Use, " [flags]"), " "); arguments == "" && cmd.ValidArgsFunction == nil {
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
}
