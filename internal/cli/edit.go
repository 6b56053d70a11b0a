package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/scaffold"
)

// editFlags are those of every command that edits the project.
type editFlags struct {
	dir    string
	dryRun bool
	format *formatFlag
}

func addEditFlags(cmd *cobra.Command) *editFlags {
	e := &editFlags{format: addFormatFlag(cmd, "text", "json")}
	addDirFlag(cmd, &e.dir)
	cmd.Flags().BoolVar(&e.dryRun, "dry-run", false, "print a unified diff of what would change, and change nothing")
	return e
}

// words is topologyFlags.words for the project that is edited.
func (e *editFlags) words(d *deps, list func(*project) []string) completion {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		return (&topologyFlags{dir: e.dir}).words(d, list)(cmd, args, typed)
	}
}

// changed is what an editing command prints as JSON.
type changed struct {
	Files  []string `json:"files"`
	Diff   string   `json:"diff,omitempty"` // of a dry run
	DryRun bool     `json:"dry_run,omitempty"`
}

// run opens the project, asks make for its edits, and applies or shows them. The
// paths of what changed go to stdout.
func (e *editFlags) run(ctx context.Context, d *deps, make func(context.Context, *app.App) (scaffold.Edits, error)) error {
	a, err := openDir(ctx, e.dir)
	if err != nil {
		return err
	}
	edits, err := make(ctx, a)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return err
		}
		return usageError(err)
	}
	out := changed{Files: []string{}, DryRun: e.dryRun}
	for _, edit := range edits {
		out.Files = append(out.Files, filepath.Join(a.Root, filepath.FromSlash(edit.Path)))
	}
	if e.dryRun {
		out.Diff = edits.Diff()
	} else if err := edits.Apply(ctx, a.Root); err != nil {
		return err
	}
	if len(edits) == 0 {
		d.note("nothing to change")
	}
	return e.print(d, out)
}

func (e *editFlags) print(d *deps, out changed) error {
	switch {
	case e.format.json():
		return d.printJSON(out)
	case e.dryRun:
		_, err := fmt.Fprint(d.Out, out.Diff)
		return err
	}
	for _, f := range out.Files {
		fmt.Fprintln(d.Out, f)
	}
	return nil
}
