package cli

import (
	"context"
	"errors"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/docker"
)

const dockerBuildLong = `build makes the Docker image of each image of the project (or of those that are
named): the base, the agent with confd as the entrypoint, rootfs, and the pairs
of conf.d and templates. No Docker engine is needed, except to run a Dockerfile,
for --base engine:NAME and for --load.

Before anything is written every pair is rendered on every node of a simulated
cluster. The same input gives the same digest on any machine; the digest is all
that goes to stdout.

A base is a registry reference (without a registry: on dockerhub.qingcloud.com),
scratch, oci:DIR, archive:FILE (docker save) or engine:NAME.`

const dockerBuildExample = `  appimg docker build --push
  appimg docker build --output oci:out
  appimg docker build web --base docker.io/library/php:8-fpm --load -t web:dev
  appimg docker build --push --platform linux/amd64 --platform linux/arm64`

type dockerBuildOptions struct {
	*publishFlags
	topology *topologyFlags
	base     string
	agent    string
	rebuild  bool
}

func newDockerBuildCmd(d *deps) *cobra.Command {
	o := &dockerBuildOptions{topology: &topologyFlags{}}
	cmd := &cobra.Command{
		Use:     "build [IMAGE…]",
		Short:   "Make the project's images, and push, write or load them",
		Long:    dockerBuildLong,
		Example: dockerBuildExample,
		Args:    cobra.ArbitraryArgs,
	}
	o.publishFlags = addPublishFlags(cmd)
	f := cmd.Flags()
	addDirFlag(cmd, &o.topology.dir)
	f.StringArrayVar(&o.topology.set, "set", nil, "render with a parameter's `KEY=VALUE` in place of its default (repeatable)")
	f.StringVar(&o.base, "base", "", "build on `BASE`, whatever appimg.toml and a Dockerfile say")
	f.StringVar(&o.agent, "agent", "", "`SOURCE` of the agent: builtin, base (keep the base's), official (the platform's own), a bundle's file or URL[#sha256=HEX] (default: agent.source of appimg.toml, else builtin)")
	f.BoolVar(&o.rebuild, "rebuild", false, "run the Dockerfile again, even if nothing that it sees has changed")
	f.BoolVar(&o.push, "push", false, "push the image to its registry")
	f.BoolVar(&o.load, "load", false, "load the image into the Docker engine")
	f.StringVarP(&o.output, "output", "o", "", "write the image: `oci:DIR|archive:FILE`")
	completeFlag(cmd, "set", o.topology.words(d, parameters))
	completeOpen(cmd, "base", "scratch", "oci:", "archive:", "engine:")
	completeOpen(cmd, "output", "oci:", "archive:")
	completeFlag(cmd, "agent", cobra.FixedCompletions([]string{"builtin", "base", "official"}, cobra.ShellCompDirectiveDefault))
	cmd.ValidArgsFunction = o.topology.words(d, imageNames)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return runDockerBuild(cmd.Context(), d, o, args) }
	return cmd
}

// imageJob is one image to be made.
type imageJob struct {
	img   *app.Image
	roles []*app.Role
	tags  []name.Tag
	spec  docker.Spec
}

func runDockerBuild(ctx context.Context, d *deps, o *dockerBuildOptions, names []string) error {
	if err := o.publishFlags.check(); err != nil {
		return err
	}
	p, err := o.topology.open(ctx, d)
	if err != nil {
		return err
	}
	b, done := d.imageBuilder(o.publishFlags)
	defer done(ctx)
	jobs, err := o.jobs(ctx, d, p, b, names)
	if err != nil {
		return err
	}
	if err := everyRole(p); err != nil {
		return err
	}
	gate := d.renderGate(p.app, p)
	for _, j := range jobs {
		j.spec.Check = gate
		if err := o.build(ctx, d, b, p, j); err != nil {
			return err
		}
	}
	return nil
}

func (o *dockerBuildOptions) build(ctx context.Context, d *deps, b *docker.Builder, p *project, j *imageJob) error {
	if err := o.runDockerfile(ctx, d, b, p, j); err != nil {
		return err
	}
	img, reports, err := b.Assemble(ctx, j.spec)
	if err != nil {
		return imageError(err)
	}
	for _, r := range reports {
		d.reportImage(r, len(reports) > 1)
	}
	if !o.push && !o.load && o.output == "" {
		d.note("%s: the image is made, and goes nowhere: --push, --load or --output", j.img.Name)
	}
	if o.push {
		d.note("pushing %s", tagNames(j.tags))
	}
	return d.publish(ctx, b, img, o.publishFlags, j.tags)
}

// runDockerfile has the engine run the image's Dockerfile, where that is the base.
func (o *dockerBuildOptions) runDockerfile(ctx context.Context, d *deps, b *docker.Builder, p *project, j *imageJob) error {
	if j.img.Dockerfile == "" || o.base != "" {
		return nil
	}
	// The pairs are checked first: it may take long.
	if err := j.spec.Check(ctx); err != nil {
		return err
	}
	if len(j.spec.Platforms) > 1 {
		return diag.WithHint(usagef("running %q: the engine builds one platform at a time", j.img.Dockerfile), "choose one with --platform")
	}
	ref, err := b.BuildDockerfile(ctx, docker.Dockerfile{
		File: j.img.Dockerfile, Dir: j.img.Dir, Aside: asideOf(p.app, j.img), Platforms: j.spec.Platforms, Rebuild: o.rebuild,
	})
	if err != nil {
		return imageError(err)
	}
	j.spec.Base = ref
	return nil
}

// asideOf is what appimg puts on top itself, or does not need: a Dockerfile that
// does not name it is not run again when it changes.
func asideOf(a *app.App, img *app.Image) []string {
	out := []string{img.ConfDir, img.ConfD, img.Templates, img.RootFS, a.ConfigFile, a.ClusterFile}
	if a.Manifest != nil {
		out = append(out, a.Manifest.File)
	}
	for _, f := range a.Locale {
		out = append(out, f)
	}
	return out
}

// agentSource is how an image comes by its agent; nil keeps the base's.
func (d *deps) agentSource(ctx context.Context, source string) func(arch string) (agent.Bundle, error) {
	if source == "base" {
		return nil
	}
	sources := agent.Sources{Note: func(text string) { d.note("%s", text) }}
	return func(arch string) (agent.Bundle, error) { return sources.Load(ctx, source, arch) }
}

// reportImage says what a person should know about an image.
func (d *deps) reportImage(r docker.Report, several bool) {
	on := ""
	if several {
		on = r.Platform + ": "
	}
	switch r.Agent {
	case docker.AgentReplaced:
		d.note("%sthe base has an agent: it is replaced by %s (agent.source = \"base\" keeps it)", on, r.AgentID)
	case docker.AgentKept:
		d.note("%sthe agent of the base is kept", on)
	}
	for _, l := range r.Lost {
		d.note("%sthe base's %s is dropped, since confd is what runs: %s", on, l.Name, l.Value)
	}
	if r.NoShell {
		d.warn("%sthe image has no /bin/sh: no command of the scheduler can run in it", on)
	}
	for _, w := range r.Warnings {
		d.warn("%s%s: %s: the image has no bash, and the command is no POSIX sh: %s", on, w.Command.Pos, w.Command.Name, w.Why)
	}
	for _, l := range r.Layers {
		d.note("%slayer %s  %s  %s", on, l.Title, bytesText(l.Size), l.Digest)
	}
}

// errKVM says that a project is no business of docker build.
func errKVM(what string) error {
	return diag.WithHint(usageError(errors.New(what)),
		"a KVM image is made on an instance: appimg kvm install-agent HOST, then appimg kvm push HOST, and capture it")
}
