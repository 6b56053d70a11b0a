package docker

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"

	"github.com/appimg/appimg/pkg/diag"
)

// Dockerfile is a build that the engine does before appimg puts its layers on top.
type Dockerfile struct {
	File string // the Dockerfile, in Dir
	Dir  string // the build context
	// Aside lists files and folders of Dir that appimg packs itself or has no use
	// for. The build does not see them, unless the Dockerfile copies them: so a
	// change there does not run it again.
	Aside     []string
	Platforms []v1.Platform // one at most
	Rebuild   bool          // even if the same context has been built before
}

const buildKind = "builds"

// BuildDockerfile runs a Dockerfile and returns the base that comes out, as
// Spec.Base wants it. The same context is built once: after that, with its
// layers in the cache, not even an engine is needed.
func (b *Builder) BuildDockerfile(ctx context.Context, f Dockerfile) (string, error) {
	what := fmt.Sprintf("running %q", f.File)
	members, err := f.context()
	if err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	h := &hashing{h: newHash()}
	if err := writeLayer(ctx, h, members); err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	fmt.Fprintf(h, "\x00%s\x00%v", filepath.Base(f.File), f.Platforms)
	key := h.sum().Hex
	var id string
	known := !f.Rebuild && b.Cache.recall(buildKind, key, &id)
	if known {
		if _, ok := b.recallEngine(id); ok {
			return "engine:" + id, nil
		}
	}
	cl, err := dialEngine(ctx)
	if err != nil {
		return "", diag.WithHint(fmt.Errorf("%s: %w", what, err), "or name a base that needs no Dockerfile: --base, or [docker] base in appimg.toml")
	}
	defer cl.Close()
	if known {
		if _, err := cl.ImageInspect(ctx, id); err == nil {
			return "engine:" + id, nil
		}
	}
	run := &engineBuild{cl: cl, file: f, members: members, events: b.events(), keychain: b.Registries.keychain()}
	if id, err = run.do(ctx); err != nil {
		return "", fmt.Errorf("%s: %w", what, err)
	}
	b.Cache.record(buildKind, key, id)
	return "engine:" + id, nil
}

// context lists what the build sees.
func (f Dockerfile) context() ([]entry, error) {
	text, err := os.ReadFile(f.File)
	if err != nil {
		return nil, err
	}
	name, err := filepath.Rel(f.Dir, f.File)
	if err != nil {
		return nil, err
	}
	ignored, err := readIgnored(f.Dir, name)
	if err != nil {
		return nil, err
	}
	c := &buildContext{dir: f.Dir, dockerfile: name, ignored: ignored, aside: map[string]bool{".git": true}}
	for _, a := range f.Aside {
		if rel, err := filepath.Rel(f.Dir, a); err == nil && a != "" && filepath.IsLocal(rel) && rel != "." && !copies(string(text), filepath.ToSlash(rel)) {
			c.aside[rel] = true
		}
	}
	err = filepath.WalkDir(f.Dir, c.visit)
	return c.out, err
}

func readIgnored(dir, dockerfile string) (*patternmatcher.PatternMatcher, error) {
	for _, name := range []string{dockerfile + ".dockerignore", ".dockerignore"} {
		r, err := os.Open(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		defer r.Close()
		patterns, err := ignorefile.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("reading %q: %w", name, diag.Reason(err))
		}
		pm, err := patternmatcher.New(patterns)
		if err != nil {
			return nil, fmt.Errorf("reading %q: %w", name, diag.Reason(err))
		}
		return pm, nil
	}
	return patternmatcher.New(nil)
}

// buildContext collects a build context.
type buildContext struct {
	dir, dockerfile string
	ignored         *patternmatcher.PatternMatcher
	aside           map[string]bool
	out             []entry
}

func (c *buildContext) visit(p string, d fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(c.dir, p)
	if err != nil || rel == "." {
		return err
	}
	skip := c.aside[rel]
	if !skip && rel != c.dockerfile {
		if skip, err = c.ignored.MatchesOrParentMatches(rel); err != nil {
			return err
		}
	}
	if skip {
		// An exclusion (!keep) may bring back something inside.
		if d.IsDir() && (c.aside[rel] || !c.ignored.Exclusions()) {
			return fs.SkipDir
		}
		return nil
	}
	return c.add(p, filepath.ToSlash(rel), d)
}

func (c *buildContext) add(p, rel string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	e := entry{node: node{Path: rel, Mode: int64(info.Mode().Perm())}, from: p}
	switch info.Mode().Type() {
	case fs.ModeDir:
		e.Type = tar.TypeDir
	case fs.ModeSymlink:
		e.Type = tar.TypeSymlink
		if e.Link, err = os.Readlink(p); err != nil {
			return err
		}
	case 0:
		e.Type, e.size = tar.TypeReg, info.Size()
		e.open = func() (io.ReadCloser, error) { return os.Open(p) }
	default:
		return nil // sockets and the like: no builder takes them
	}
	c.out = append(c.out, e)
	return nil
}

// copies reports whether a Dockerfile may take rel, or something in or around
// it, from its context. In doubt it does.
func copies(dockerfile, rel string) bool {
	text := strings.ReplaceAll(strings.ReplaceAll(dockerfile, "\r\n", "\n"), "\\\n", " ")
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		switch strings.ToUpper(words[0]) {
		case "COPY", "ADD":
			if copiesFrom(words[1:], rel) {
				return true
			}
		case "RUN":
			if strings.Contains(line, "--mount=type=bind") && !strings.Contains(line, "from=") {
				return true
			}
		case "ONBUILD":
			return true
		}
	}
	return false
}

// copiesFrom looks at the arguments of one COPY or ADD.
func copiesFrom(args []string, rel string) bool {
	for len(args) > 0 && strings.HasPrefix(args[0], "--") {
		if strings.HasPrefix(args[0], "--from=") {
			return false
		}
		args = args[1:]
	}
	for i, src := range args {
		if i == len(args)-1 && i > 0 {
			break // the destination
		}
		src = strings.TrimPrefix(cleanPath(strings.Trim(src, `[]",`)), "/")
		if at := strings.IndexAny(src, "*?[$"); at >= 0 {
			// What a pattern takes begins like it, up to the pattern.
			if src = src[:at]; strings.HasPrefix(rel, src) || strings.HasPrefix(src, rel+"/") {
				return true
			}
			continue
		}
		if src == "" || src == rel || strings.HasPrefix(rel, src+"/") || strings.HasPrefix(src, rel+"/") {
			return true
		}
	}
	return false
}
