package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/scaffold"
	"github.com/appimg/appimg/templates"
)

const initLong = `init makes the folder NAME with a project that renders, builds and runs: the form
that users fill in, what to create and how to run it, translations, confd pairs
and the scripts that the platform calls. --list shows the presets.

All files are written or none; nothing is overwritten without --force. The paths
that were made go to stdout. On a terminal, what is not given is asked for.`

const initExample = `  appimg init zk --preset zookeeper --type docker
  appimg init cache --preset redis --type kvm --zone pek3
  appimg init --list`

type initOptions struct {
	dir     string // the argument: a folder whose last element is the project's name
	preset  string
	project scaffold.Project
	force   bool
	list    bool
	asJSON  bool
}

// created is what init prints as JSON.
type created struct {
	Dir    string   `json:"dir"`
	Preset string   `json:"preset"`
	Type   string   `json:"type"`
	Files  []string `json:"files"`
}

func newInitCmd(d *deps) *cobra.Command {
	o := &initOptions{}
	var typ string
	cmd := &cobra.Command{
		Use:     "init NAME --preset PRESET [--type docker|kvm]",
		Short:   "Make a project from a preset",
		Long:    initLong,
		Example: initExample,
		Args:    atMostArgs(1),
	}
	format := addFormatFlag(cmd, "text", "json")
	f := cmd.Flags()
	f.StringVar(&o.preset, "preset", "", "the `PRESET` to start from")
	f.StringVar(&typ, "type", "", "the `TYPE` of the nodes: docker (default) or kvm")
	f.StringVar(&o.project.Namespace, "namespace", "", "your `NAMESPACE` on "+scaffold.Registry+" (docker)")
	f.StringVar(&o.project.Image, "image", "", "the `IMAGE` of the nodes: a reference, or a captured img- id")
	f.StringVar(&o.project.Zone, "zone", "", "the `ZONE` of the image (kvm)")
	f.BoolVar(&o.force, "force", false, "replace files of a folder that exists; others stay")
	f.BoolVar(&o.list, "list", false, "show the presets, make nothing")
	completeWords(cmd, "type", scaffold.Types()...)
	completeWords(cmd, "preset", presetNames()...)
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.dir, o.project.Type, o.asJSON = strings.Join(args, ""), scaffold.Type(typ), format.json()
		if o.list {
			return listPresets(d, o)
		}
		return runInit(cmd.Context(), d, o)
	}
	return cmd
}

func presetNames() []string {
	presets, err := scaffold.Presets(templates.FS())
	if err != nil {
		return nil // the list is only offered to the shell
	}
	names := make([]string, len(presets))
	for i, p := range presets {
		names[i] = p.Name
	}
	return names
}

func listPresets(d *deps, o *initOptions) error {
	presets, err := scaffold.Presets(templates.FS())
	if err != nil {
		return err
	}
	if o.asJSON {
		return d.printJSON(presets)
	}
	for _, p := range presets {
		fmt.Fprintf(d.Out, "%-10s  %s\n", p.Name, p.Summary)
	}
	return nil
}

func runInit(ctx context.Context, d *deps, o *initOptions) error {
	if d.ask && (o.dir == "" || o.preset == "") {
		if err := askInit(ctx, d, o); err != nil {
			return err
		}
	}
	if err := o.complete(); err != nil {
		return err
	}
	files, err := scaffold.Files(templates.FS(), o.preset, o.project)
	if err != nil {
		return usageError(err)
	}
	if err := scaffold.Create(ctx, o.dir, files, o.force); err != nil {
		if errors.Is(err, scaffold.ErrExists) {
			return usageError(err)
		}
		return err
	}
	if err := o.print(d, files); err != nil {
		return err
	}
	o.nextSteps(d)
	return nil
}

// complete fills in what follows from the rest, and misses what nobody gave.
func (o *initOptions) complete() error {
	if o.dir == "" {
		return diag.WithHint(usagef("init: the project's name is missing"), "appimg init NAME --preset PRESET; the folder NAME is made")
	}
	if o.preset == "" {
		return diag.WithHint(usagef("init: --preset is missing"), "appimg init --list shows them: %s", strings.Join(presetNames(), ", "))
	}
	if o.project.Type == "" {
		o.project.Type = scaffold.Docker
	}
	abs, err := filepath.Abs(o.dir)
	if err != nil {
		return err
	}
	o.project.Name = filepath.Base(abs)
	if o.project.Zone != "" && o.project.Type != scaffold.KVM {
		return usagef("--zone is for --type kvm")
	}
	if o.project.Namespace != "" && o.project.Type != scaffold.Docker {
		return usagef("--namespace is for --type docker")
	}
	return nil
}

func (o *initOptions) print(d *deps, files []scaffold.File) error {
	out := created{Dir: o.dir, Preset: o.preset, Type: string(o.project.Type), Files: []string{}}
	for _, f := range files {
		out.Files = append(out.Files, filepath.Join(o.dir, filepath.FromSlash(f.Path)))
	}
	if o.asJSON {
		return d.printJSON(out)
	}
	for _, f := range out.Files {
		fmt.Fprintln(d.Out, f)
	}
	return nil
}

// nextSteps tells what one does with a new project.
func (o *initOptions) nextSteps(d *deps) {
	build := "appimg docker build --push"
	if o.project.Type == scaffold.KVM {
		build = "appimg kvm push HOST"
	}
	d.note("made %s from preset %s (%s); next:", o.dir, o.preset, o.project.Type)
	if filepath.Clean(o.dir) != "." {
		d.note("  cd %s", o.dir)
	}
	d.note("  appimg render")
	d.note("  %s", build)
	if o.project.Type == scaffold.Docker && o.project.Namespace+o.project.Image == "" {
		d.note("%s in appimg.toml and app/cluster.json.mustache stands for your namespace on %s", scaffold.DefaultNamespace, scaffold.Registry)
	}
}
