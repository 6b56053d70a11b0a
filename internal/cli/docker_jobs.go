package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/docker"
	"github.com/appimg/appimg/pkg/kvm/payload"
)

// jobs are the images to be made: those that are named, else all that belong to
// a Docker role.
func (o *dockerBuildOptions) jobs(ctx context.Context, d *deps, p *project, b *docker.Builder, names []string) ([]*imageJob, error) {
	images, err := pickImages(p, names)
	if err != nil {
		return nil, err
	}
	if len(images) > 1 && (len(o.tags) > 0 || o.output != "") {
		return nil, diag.WithHint(usagef("docker build: --tag and --output are for one image, and there are %d", len(images)), "name the image: appimg docker build %s", images[0].Name)
	}
	var out []*imageJob
	for _, img := range images {
		j := &imageJob{img: img, roles: rolesOf(p.spec, img)}
		refs, err := o.refs(p, j, len(images) == 1)
		if err != nil {
			return nil, err
		}
		if j.tags, err = parseTags(b, refs); err != nil {
			return nil, err
		}
		if j.spec, err = o.spec(ctx, d, p, j); err != nil {
			return nil, err
		}
		out = append(out, j)
	}
	if o.push || o.load {
		return out, oneNameEach(out)
	}
	return out, nil
}

// oneNameEach refuses two images under one name: the second would take it from the first.
func oneNameEach(jobs []*imageJob) error {
	owner := map[string]string{}
	for _, j := range jobs {
		for _, t := range j.tags {
			if other, ok := owner[t.Name()]; ok {
				return diag.WithHint(usagef("docker build: images %q and %q would both be named %s", other, j.img.Name, t.Name()),
					"say in appimg.toml which roles use which: [images.%s] roles = […], or tags = […]", j.img.Name)
			}
			owner[t.Name()] = j.img.Name
		}
	}
	return nil
}

func pickImages(p *project, names []string) ([]*app.Image, error) {
	if len(p.app.Images) == 0 {
		return nil, diag.WithHint(usagef("docker build: no image in %q", p.app.Root), "an image is a folder with confd/conf.d, rootfs/ or a Dockerfile")
	}
	var out []*app.Image
	for _, img := range p.app.Images {
		if !onKVM(rolesOf(p.spec, img)) && (len(names) == 0 || slices.Contains(names, img.Name)) {
			out = append(out, img)
		}
	}
	for _, n := range names {
		img, err := imageNamed(p.app, n)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, img) {
			return nil, errKVM(fmt.Sprintf("docker build %q: its roles run on KVM instances", n))
		}
	}
	if len(out) == 0 {
		return nil, errKVM(fmt.Sprintf("docker build: the roles of %q run on KVM instances", p.app.Name))
	}
	return out, nil
}

// onKVM reports whether all roles run on KVM instances.
func onKVM(roles []*app.Role) bool {
	for _, r := range roles {
		if r.Container.Type != "kvm" {
			return false
		}
	}
	return len(roles) > 0
}

// refs are the names of an image: those of -t, else of appimg.toml, else what
// cluster.json.mustache asks for, else the platform's convention.
func (o *dockerBuildOptions) refs(p *project, j *imageJob, only bool) ([]string, error) {
	m := p.app.Manifest
	switch {
	case len(o.tags) > 0:
		return o.tags, nil
	case len(j.img.Tags) > 0:
		return j.img.Tags, nil
	case only && m != nil && len(m.Docker.Tags) > 0:
		return m.Docker.Tags, nil
	}
	var refs []string
	for _, r := range j.roles {
		if image := r.Container.Image; r.Container.Type == "docker" && image != "" && !slices.Contains(refs, image) {
			refs = append(refs, image)
		}
	}
	if len(refs) > 0 {
		return refs, nil
	}
	if m == nil || m.Namespace == "" {
		if !o.push && !o.load {
			return nil, nil
		}
		return nil, diag.WithHint(usagef("naming image %q: neither cluster.json.mustache nor appimg.toml names it", j.img.Name),
			"name it with -t REF, or set namespace in appimg.toml")
	}
	image := p.app.Name
	if j.img.Name != image {
		image += "-" + j.img.Name
	}
	ref := docker.PlatformRegistry + "/" + m.Namespace + "/" + image
	if p.app.Version != "" {
		ref += ":" + p.app.Version
	}
	return []string{ref}, nil
}

// spec is what the image is made of.
func (o *dockerBuildOptions) spec(ctx context.Context, d *deps, p *project, j *imageJob) (docker.Spec, error) {
	s := docker.Spec{RootFS: j.img.RootFS, Project: p.app.Root, Base: o.base}
	var platforms []string
	source := o.agent
	if m := p.app.Manifest; m != nil {
		platforms = m.Docker.Platforms
		if s.Base == "" {
			s.Base = fromRoot(p.app.Root, cmp.Or(j.img.Base, m.Docker.Base))
		}
		if source == "" {
			source = m.Agent.Source
			if strings.Contains(source, "/") && !strings.Contains(source, "://") && !filepath.IsAbs(source) {
				source = filepath.Join(p.app.Root, source)
			}
		}
	}
	if len(o.platform) > 0 {
		platforms = o.platform
	}
	var err error
	if s.Platforms, err = parsePlatforms(platforms); err != nil {
		return s, err
	}
	s.Agent = d.agentSource(ctx, source)
	if err := agentRuns(source, s.Platforms); err != nil {
		return s, err
	}
	prefix := "/self"
	if p.spec.MetadataRootAccess {
		prefix = "/"
	}
	s.Config = agent.Config(agent.ConfigOptions{Prefix: prefix})
	if s.Pairs, err = pairsOf(j.img); err != nil {
		return s, usageError(err)
	}
	s.Labels, s.Commands = imageLabels(ctx, p, j), commandsOf(p.spec, j.roles)
	return s, nil
}

// agentRuns refuses platforms that the built-in agent is not made for.
func agentRuns(source string, platforms []v1.Platform) error {
	for _, p := range platforms {
		if (source == "" || source == "builtin") && !slices.Contains(agent.Arches(), p.Architecture) {
			return diag.WithHint(usagef("building for %q: the built-in agent runs on %s", p.String(), strings.Join(agent.Arches(), " and ")),
				"--agent FILE names a bundle for another architecture")
		}
	}
	return nil
}

// fromRoot makes the path in a base of appimg.toml one from here.
func fromRoot(root, base string) string {
	kind, rest, _ := strings.Cut(base, ":")
	if (kind == "oci" || kind == "archive") && !filepath.IsAbs(rest) {
		return kind + ":" + filepath.Join(root, rest)
	}
	return base
}

// pairsOf is what goes below /etc/confd, with parts concatenated.
func pairsOf(img *app.Image) ([]docker.PairFile, error) {
	items, err := payload.Pairs(img)
	var out []docker.PairFile
	for _, i := range items {
		out = append(out, docker.PairFile{Path: i.Path, Data: i.Data})
	}
	return out, err
}

// commandsOf is what the scheduler runs on the nodes of these roles.
func commandsOf(spec *app.Spec, roles []*app.Role) []docker.Command {
	var out []docker.Command
	seen := map[string]bool{}
	add := func(what, text string, pos diag.Pos) {
		if text != "" && !seen[what+text] {
			seen[what+text] = true
			out = append(out, docker.Command{Name: what, Text: text, Pos: pos})
		}
	}
	for _, r := range roles {
		for _, n := range slices.Sorted(maps.Keys(r.Services)) {
			s := r.Services[n]
			add("service "+n, s.Cmd, s.CmdPos)
			add("pre_check of service "+n, s.PreCheck, s.Pos)
		}
		if h := r.HealthCheck; h != nil {
			add("health check", h.CheckCmd, h.Pos)
			add("health check's action", h.ActionCmd, h.Pos)
		}
		if m := r.Monitor; m != nil {
			add("monitor", m.Cmd, m.Pos)
		}
	}
	if h := spec.HealthCheck; h != nil {
		add("health check", h.CheckCmd, h.Pos)
		add("health check's action", h.ActionCmd, h.Pos)
	}
	if m := spec.Monitor; m != nil {
		add("monitor", m.Cmd, m.Pos)
	}
	return out
}

// imageLabels are those of the OCI image spec that the project knows, under
// those of appimg.toml.
func imageLabels(ctx context.Context, p *project, j *imageJob) map[string]string {
	const oci = "org.opencontainers.image."
	out := map[string]string{oci + "title": p.app.Name}
	if j.img.Name != p.app.Name && len(p.app.Images) > 1 {
		out[oci+"title"] = p.app.Name + "-" + j.img.Name
	}
	for k, v := range map[string]string{"version": p.app.Version, "description": p.spec.Description, "revision": revision(ctx, p.app.Root)} {
		if v != "" {
			out[oci+k] = v
		}
	}
	out[docker.LabelLint] = "not run"
	if p.app.Manifest != nil {
		maps.Copy(out, p.app.Manifest.Docker.Labels)
	}
	return out
}

// revision is the last commit that touched the project, with "-dirty" where
// files of it differ; "" where it is in no git repository. Commits elsewhere in
// the repository leave the image's digest as it is.
func revision(ctx context.Context, root string) string {
	head, err := git(ctx, root, "log", "-1", "--format=%H", "--", ".")
	if err != nil || head == "" {
		return ""
	}
	if changed, err := git(ctx, root, "status", "--porcelain", "--", "."); err != nil || changed != "" {
		head += "-dirty"
	}
	return head
}

func git(ctx context.Context, root string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", root, "--no-optional-locks"}, args...)...).Output()
	return strings.TrimSpace(string(out)), err
}
