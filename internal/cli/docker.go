package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/docker"
)

func newDockerCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "docker",
		Short: "Make Docker images, and publish them",
		Long: `docker makes the images of roles that run in containers: a base, the agent as the
default process, and the project's files. They are written, pushed or loaded; a
Docker engine is needed only to run a Dockerfile, and for images of an engine.`,
		Example: `  appimg docker build --push
  appimg docker build --output oci:out
  appimg docker push oci:out -t acme/zk:1.0`,
	}
	cmd.AddCommand(newDockerBuildCmd(d), newDockerPushCmd(d))
	return cmd
}

// publishFlags say where an image goes, and under which names.
type publishFlags struct {
	tags     []string
	push     bool
	load     bool
	output   string
	insecure []string
	platform []string
}

func addPublishFlags(cmd *cobra.Command) *publishFlags {
	p := &publishFlags{}
	f := cmd.Flags()
	f.StringArrayVarP(&p.tags, "tag", "t", nil, "name the image `REF` (repeatable); without a registry it goes to "+docker.PlatformRegistry)
	f.StringSliceVar(&p.platform, "platform", nil, "`OS/ARCH` of the image (repeatable: several make an index)")
	f.StringArrayVar(&p.insecure, "insecure-registry", nil, "registry `HOST[:PORT]` that may be plain http, or have an unknown certificate (repeatable)")
	completeWords(cmd, "platform", "linux/amd64", "linux/arm64")
	return p
}

// check refuses flags that could only be ignored.
func (p *publishFlags) check() error {
	for _, host := range p.insecure {
		if _, err := name.NewRegistry(host); err != nil {
			return diag.WithHint(usagef("--insecure-registry %q: it is no HOST[:PORT]", host), "for example --insecure-registry registry.local:5000")
		}
	}
	if p.output != "" {
		return imageError(docker.CheckOutput(p.output))
	}
	return nil
}

// parsePlatforms reads --platform.
func parsePlatforms(list []string) ([]v1.Platform, error) {
	var out []v1.Platform
	for _, s := range list {
		p, err := v1.ParsePlatform(s)
		if err != nil || p.OS == "" || p.Architecture == "" {
			return nil, usagef("--platform %q: not OS/ARCH, such as linux/amd64", s)
		}
		out = append(out, *p)
	}
	return out, nil
}

// maxCache is how much the cache of layers may hold, in bytes.
const maxCache = 10 << 30

// imageBuilder is a Builder that shows its progress on stderr. done is called at the end.
func (d *deps) imageBuilder(p *publishFlags) (b *docker.Builder, done func(context.Context)) {
	bar := newProgress(d)
	dir, temporary := d.cacheDir()
	cache := docker.NewCache(dir)
	b = &docker.Builder{
		Cache:      cache,
		Registries: &docker.Registries{Insecure: p.insecure},
		Progress:   bar.show,
	}
	return b, func(ctx context.Context) {
		bar.close()
		// What cannot be removed now is removed another time.
		if temporary {
			_ = os.RemoveAll(dir)
		} else if ctx.Err() == nil {
			_ = cache.Prune(ctx, maxCache)
		}
	}
}

// cacheDir is where layers are kept between runs: below the user's cache
// folder. Where that cannot be written to they are kept for this run only.
func (d *deps) cacheDir() (dir string, temporary bool) {
	dir, err := os.UserCacheDir()
	if err == nil {
		dir = filepath.Join(dir, "appimg", "docker")
		if writable(dir) {
			return dir, false
		}
	}
	d.note("the user's cache folder cannot be written to: nothing is kept for the next run")
	if dir, err = os.MkdirTemp("", "appimg-"); err != nil {
		dir = os.TempDir() // writing there will say what is wrong
		return filepath.Join(dir, "appimg-none"), false
	}
	return dir, true
}

func writable(dir string) bool {
	if os.MkdirAll(dir, 0o700) != nil {
		return false
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return false
	}
	f.Close()
	return os.Remove(f.Name()) == nil
}

// publish brings an image to where the flags say and prints its digest.
func (d *deps) publish(ctx context.Context, b *docker.Builder, img *docker.Image, p *publishFlags, tags []name.Tag) error {
	if p.output != "" {
		if err := b.Save(ctx, img, p.output, tags); err != nil {
			return imageError(err)
		}
	}
	if p.load {
		if err := b.Load(ctx, img, tags); err != nil {
			return imageError(err)
		}
	}
	if p.push {
		if _, err := b.Push(ctx, img, tags); err != nil {
			return imageError(err)
		}
	}
	_, err := fmt.Fprintln(d.Out, img.Digest())
	return err
}

func parseTags(b *docker.Builder, refs []string) ([]name.Tag, error) {
	var out []name.Tag
	for _, r := range refs {
		t, err := b.Registries.ParseTag(r)
		if err != nil {
			return nil, imageError(err)
		}
		out = append(out, t)
	}
	return out, nil
}

func tagNames(tags []name.Tag) string {
	var out []string
	for _, t := range tags {
		out = append(out, t.Name())
	}
	return strings.Join(out, ", ")
}

// imageError gives an error of pkg/docker its exit code.
func imageError(err error) error {
	var content *docker.ContentError
	var usage *docker.UsageError
	switch {
	case errors.As(err, &content):
		return defect(err)
	case errors.As(err, &usage):
		return usageError(err)
	}
	return err
}
