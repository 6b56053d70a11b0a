package render

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/metadata"
)

// Result is what a project's pairs become on the nodes of a simulated cluster.
type Result struct {
	Files []File   // by node, then by image, then by the toml's path
	Notes []string // what templates asked of the machine, and what they were told
}

// Failed is the files that could not be rendered.
func (r *Result) Failed() []File {
	return slices.DeleteFunc(slices.Clone(r.Files), func(f File) bool { return f.Err == nil })
}

// Project renders the pairs of an app's images on nodes of its cluster; nil
// nodes are all of them. It ends early, with an error, only when ctx does or a
// folder cannot be read.
func Project(ctx context.Context, a *app.App, spec *app.Spec, c *metadata.Cluster, nodes []*metadata.Node) (*Result, error) {
	images, err := loadImages(a, c)
	if err != nil {
		return nil, err
	}
	if nodes == nil {
		nodes = c.Nodes
	}
	perNode := make([][]File, len(nodes))
	eachNode(nodes, func(i int, n *metadata.Node) {
		src, prefix := NodeSource(spec, c, n)
		for _, img := range images {
			if ctx.Err() == nil && img.UsedBy(n.Role) {
				perNode[i] = append(perNode[i], img.set.Render(ctx, Node{n.InstanceID, n.Role}, src, prefix)...)
			}
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &Result{Files: slices.Concat(perNode...)}
	for _, i := range images {
		r.Notes = append(r.Notes, i.machine.notes()...)
	}
	slices.Sort(r.Notes)
	r.Notes = slices.Compact(r.Notes)
	return r, nil
}

// ProjectDump renders the pairs that one node gets with metadata of its own,
// a dump of a real one: those of the images that its role uses, or of all where
// the role is unknown.
func ProjectDump(ctx context.Context, a *app.App, n Node, src confd.Source, prefix string) (*Result, error) {
	images, err := loadImages(a, &metadata.Cluster{})
	if err != nil {
		return nil, err
	}
	r := &Result{}
	for _, img := range images {
		if n == (Node{}) || img.UsedBy(n.Role) {
			r.Files = append(r.Files, img.set.Render(ctx, n, src, prefix)...)
			r.Notes = append(r.Notes, img.machine.notes()...)
		}
	}
	slices.Sort(r.Notes)
	r.Notes = slices.Compact(r.Notes)
	return r, ctx.Err()
}

// image is an image's pairs with the machine that answers their templates.
type image struct {
	*app.Image
	set     *Set
	machine *simulated
}

func loadImages(a *app.App, c *metadata.Cluster) ([]image, error) {
	var env map[string]string
	if a.Manifest != nil {
		env = a.Manifest.Render.Env
	}
	var out []image
	for _, img := range a.Images {
		m := newSimulated(img, env, c)
		set, err := Load(img, m)
		if err != nil {
			return nil, err
		}
		m.addDests(set.Dests())
		out = append(out, image{img, set, m})
	}
	return out, nil
}

// NodeSource is what confd on node n reads, and the prefix that the platform
// writes into its confd.toml: /self, or / with metadata_root_access.
func NodeSource(spec *app.Spec, c *metadata.Cluster, n *metadata.Node) (confd.Source, string) {
	self := c.Self(n)
	if !spec.MetadataRootAccess {
		return confd.TreeSource("/self", self), "/self"
	}
	root := map[string]any{"self": self}
	for k, v := range c.Data() {
		root[k] = v
	}
	return confd.TreeSource("/", root), "/"
}

// eachNode calls f for every node, a few at a time.
func eachNode(nodes []*metadata.Node, f func(int, *metadata.Node)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, n := range nodes {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			f(i, n)
		})
	}
	wg.Wait()
}
