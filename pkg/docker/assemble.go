package docker

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/diag"
)

// Labels of an image that appimg sets itself; org.opencontainers.image.* come
// from the caller, but for base.name and base.digest.
const (
	LabelAgent = "com.appimg.agent" // what agent is inside: "builtin@sha256:…", "base", …
	LabelLint  = "com.appimg.lint"  // what lint found
)

// PairFile is one file below /etc/confd.
type PairFile struct {
	Path string // absolute in the image
	Data []byte
}

// Spec is what an image is made of.
type Spec struct {
	// Base is a registry reference, "scratch", "oci:DIR", "archive:FILE" or "engine:NAME".
	Base      string
	Platforms []v1.Platform // empty: the base's own where it has just one, else linux/amd64
	Index     bool          // make an index even of one platform
	// Agent gives the agent for an architecture; nil keeps the base's.
	Agent    func(arch string) (agent.Bundle, error)
	Config   agent.File // confd.toml
	RootFS   string     // folder that is copied to /; "" for none
	Project  string     // folder of the project, for refusing links that lead out
	Pairs    []PairFile
	Labels   map[string]string
	Commands []Command // what the scheduler will run in it
	// Check runs while the base is fetched; where it fails no layer is written.
	Check func(ctx context.Context) error
}

// Report is what a person should know about an image that has been assembled,
// for one platform.
type Report struct {
	Platform string
	Agent    AgentFate
	AgentID  string     // of the agent that went in; "" with AgentKept
	Lost     []Loss     // what the base's config had and the image has not
	NoShell  bool       // there is no /bin/sh, so that no command can run
	Warnings []ShellFix // commands that the image's shell cannot run
	Layers   []LayerInfo
}

// AgentFate says what became of the agent.
type AgentFate string

// The fates of an agent.
const (
	AgentAdded    AgentFate = "added"
	AgentReplaced AgentFate = "replaced" // the base had one
	AgentKept     AgentFate = "kept"     // the base's own
)

// Loss is a setting of the base that the image does not take over.
type Loss struct {
	Name  string // "entrypoint", "command", "user", "healthcheck", "volumes", "stop signal"
	Value string
}

// LayerInfo is a layer that was put on the base.
type LayerInfo struct {
	Title  string
	Digest v1.Hash
	Size   int64 // compressed, in bytes
}

// Assemble makes the image. Nothing outside of the cache is written.
func (b *Builder) Assemble(ctx context.Context, spec Spec) (*Image, []Report, error) {
	bases, err := b.prepare(ctx, spec)
	if err != nil {
		return nil, nil, err
	}
	var singles []*single
	var reports []Report
	for _, from := range bases {
		s, r, err := b.assembleOne(ctx, spec, from)
		if err != nil {
			return nil, nil, err
		}
		singles, reports = append(singles, s), append(reports, r)
	}
	img, err := newImage(bases[0].fam, singles, spec.Index)
	return img, reports, err
}

// prepare opens the bases while the check runs. A fault of the check is the
// more useful one where both fail.
func (b *Builder) prepare(ctx context.Context, spec Spec) ([]*base, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	checked := make(chan error, 1)
	go func() {
		var err error
		if spec.Check != nil {
			err = spec.Check(ctx)
		}
		if err != nil {
			cancel()
		}
		checked <- err
	}()
	bases, err := b.openBases(ctx, "base", spec.Base, spec.Platforms)
	if err == nil {
		for _, from := range bases {
			if from.files, err = b.tree(ctx, from); err != nil {
				err = fmt.Errorf("reading base %q: %w", spec.Base, err)
				break
			}
		}
	}
	return bases, cmp.Or(<-checked, err)
}

func (b *Builder) assembleOne(ctx context.Context, spec Spec, from *base) (*single, Report, error) {
	r := Report{Platform: from.platform.String()}
	t := from.files
	parts, err := spec.parts(t, from, &r)
	if err != nil {
		return nil, r, err
	}
	layers, err := b.packParts(ctx, t, parts, from.fam.layer)
	if err != nil {
		return nil, r, err
	}
	var history []v1.History
	for _, l := range layers {
		history = append(history, v1.History{CreatedBy: "appimg: " + l.title, Created: from.config.Created})
		r.Layers = append(r.Layers, LayerInfo{l.title, l.desc.Digest, l.desc.Size})
	}
	layers = slices.Concat(from.layers, layers)
	if r.NoShell = !t.has("bin/sh"); !r.NoShell && !hasBash(t) {
		r.Warnings = checkShell(spec.Commands)
	}
	config, err := spec.config(from, layers, history, &r)
	if err != nil {
		return nil, r, err
	}
	s, err := newSingle(from.fam, from.platform, config, layers)
	return s, r, err
}

// packParts makes the layers, all at a time: which folders each has to repeat
// depends on those below, the packing does not.
func (b *Builder) packParts(ctx context.Context, t *tree, parts []part, mt types.MediaType) ([]*blob, error) {
	for i := range parts {
		parts[i].entries = t.layOver(parts[i].entries)
	}
	layers := make([]*blob, len(parts))
	err := forEach(ctx, len(parts), indexes(parts), func(ctx context.Context, i int) (err error) {
		layers[i], err = b.packLayer(ctx, parts[i].title, mt, parts[i].entries)
		return err
	})
	return layers, err
}

// part is one layer to be.
type part struct {
	title   string
	entries []entry
}

// parts lists the layers from the least to the most often changed. Empty ones are left out.
func (s Spec) parts(t *tree, from *base, r *Report) ([]part, error) {
	agentPart, err := s.agent(t, from, r)
	if err != nil {
		return nil, err
	}
	root := part{title: "rootfs"}
	if s.RootFS != "" {
		if root.entries, err = readRootFS(s.RootFS, s.Project); err != nil {
			return nil, err
		}
	}
	pairs := part{title: "pairs"}
	for _, f := range s.Pairs {
		pairs.entries = append(pairs.entries, fileEntry(f.Path, 0o644, f.Data))
	}
	return slices.DeleteFunc([]part{agentPart, root, pairs}, func(p part) bool { return len(p.entries) == 0 }), nil
}

// agent is the layer of the agent; with the base's own only what that lacks.
func (s Spec) agent(t *tree, from *base, r *Report) (part, error) {
	p := part{title: "agent"}
	there := t.has(agent.Entrypoint)
	if s.Agent == nil {
		if !there {
			return p, diag.WithHint(fmt.Errorf("keeping the agent of base %q: it has none (%s)", s.Base, agent.Entrypoint),
				"take the built-in one: agent.source = \"builtin\" in appimg.toml")
		}
		r.Agent = AgentKept
		for _, e := range agentEntries(agent.New("base", from.platform.Architecture, nil), s.Config) {
			if _, ok := t.nodes[t.resolve(e.Path, true)]; !ok {
				p.entries = append(p.entries, e)
			}
		}
		return p, nil
	}
	bundle, err := s.Agent(from.platform.Architecture)
	if err != nil {
		return p, err
	}
	r.Agent, r.AgentID = AgentAdded, bundle.ID()
	if there {
		r.Agent = AgentReplaced
	}
	p.entries = agentEntries(bundle, s.Config)
	return p, nil
}

func agentEntries(b agent.Bundle, config agent.File) []entry {
	var out []entry
	for _, f := range append(b.Files(), config) {
		if f.Mode.IsDir() {
			out = append(out, dirEntry(f.Path))
		} else {
			out = append(out, fileEntry(f.Path, int64(f.Mode.Perm()), f.Data))
		}
	}
	return out
}
