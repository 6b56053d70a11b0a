package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/metadata"
	"github.com/appimg/appimg/pkg/render"
)

// render renders what the options ask for: a project's pairs or those of a
// folder, with simulated metadata or a dump of real metadata.
func (o *renderOptions) render(ctx context.Context, d *deps) (*render.Result, error) {
	switch {
	case o.metadata != "" && o.confDir != "":
		return o.renderDump(ctx, d, nil)
	case o.metadata != "":
		a, err := o.topology.openApp(ctx, d)
		if err != nil {
			return nil, err
		}
		return o.renderDump(ctx, d, a)
	}
	p, err := o.topology.open(ctx, d)
	if err != nil {
		return nil, err
	}
	nodes, err := o.pickNodes(p.cluster)
	if err != nil {
		return nil, err
	}
	a := p.app
	if o.confDir == "" {
		r, err := render.Project(ctx, a, p.spec, p.cluster, nodes)
		return r, usageError(err)
	}
	set, err := o.loadConfDir()
	if err != nil {
		return nil, err
	}
	r := &render.Result{}
	for _, n := range nodes {
		src, prefix := render.NodeSource(p.spec, p.cluster, n)
		r.Files = append(r.Files, set.Render(ctx, render.Node{ID: n.InstanceID, Role: n.Role}, src, prefix)...)
	}
	return r, ctx.Err()
}

// renderDump renders for the one node whose metadata is in a file: the pairs
// of --confdir, or those of the app's images that its role uses.
func (o *renderOptions) renderDump(ctx context.Context, d *deps, a *app.App) (*render.Result, error) {
	doc, err := o.readDump(d.In)
	if err != nil {
		return nil, err
	}
	node := dumpNode(doc)
	src := confd.TreeSource(o.prefix, doc)
	if a == nil {
		set, err := o.loadConfDir()
		if err != nil {
			return nil, err
		}
		return &render.Result{Files: set.Render(ctx, node, src, o.prefix)}, ctx.Err()
	}
	r, err := render.ProjectDump(ctx, a, node, src, o.prefix)
	return r, usageError(err)
}

// readDump reads what GET /self returned; "-" is stdin.
func (o *renderOptions) readDump(in io.Reader) (any, error) {
	var data []byte
	var err error
	if o.metadata == "-" {
		data, err = io.ReadAll(in)
	} else {
		data, err = os.ReadFile(o.metadata)
	}
	if err != nil {
		return nil, usageError(fmt.Errorf("reading metadata %q: %w", o.metadata, diag.Reason(err)))
	}
	var doc any
	if err := json.Unmarshal(data, &doc); err != nil {
		pos := diag.Pos{File: o.metadata}
		var se *json.SyntaxError
		if errors.As(err, &se) {
			pos = diag.At(o.metadata, string(data), int(se.Offset)-1)
		}
		return nil, diag.WithHint(usageError(&diag.Error{Op: "reading metadata", Pos: pos, Err: err}),
			"FILE is the JSON that a node gets: curl -H 'Accept: application/json' http://metadata/self")
	}
	return doc, nil
}

// dumpNode is the node that a dump of /self says it is.
func dumpNode(doc any) render.Node {
	self, _ := doc.(map[string]any)
	if inner, ok := self["self"].(map[string]any); ok {
		self = inner
	}
	host, _ := self["host"].(map[string]any)
	id, _ := host["instance_id"].(string)
	role, _ := host["role"].(string)
	return render.Node{ID: id, Role: role}
}

// loadConfDir loads the pairs of --confdir, whose templates ask this machine, as confd's do.
func (o *renderOptions) loadConfDir() (*render.Set, error) {
	img := app.PairsIn(o.confDir, o.templates)
	for _, dir := range []string{img.ConfD, img.Templates} {
		if st, err := os.Stat(dir); err != nil || !st.IsDir() {
			return nil, diag.WithHint(usagef("reading pairs of %q: no folder %q", o.confDir, dir),
				"--confdir names the folder that holds conf.d/ and templates/; --templates names another folder of templates")
		}
	}
	set, err := render.Load(img, confd.LocalMachine())
	return set, usageError(err)
}

// pickNodes is the nodes that --node and --role name; all without them.
func (o *renderOptions) pickNodes(c *metadata.Cluster) ([]*metadata.Node, error) {
	if len(o.nodes) == 0 && len(o.roles) == 0 {
		return c.Nodes, nil
	}
	var out []*metadata.Node
	for _, name := range o.nodes {
		n, err := c.Find(name)
		if err != nil {
			return nil, usageError(err)
		}
		out = append(out, n)
	}
	for _, role := range o.roles {
		before := len(out)
		for _, n := range c.Nodes {
			if n.Role == role && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
		if len(out) == before {
			return nil, noSuchRole(c, role)
		}
	}
	return out, nil
}

func noSuchRole(c *metadata.Cluster, role string) error {
	var roles []string
	for _, n := range c.Nodes {
		if !slices.Contains(roles, n.Role) {
			roles = append(roles, n.Role)
		}
	}
	err := usagef("no node of role %q in the simulated cluster", role)
	if len(roles) == 1 && roles[0] == "" {
		return diag.WithHint(err, "its one role has no name: leave --role out")
	}
	return diag.DidYouMean(err, role, roles, "the roles with nodes are "+strings.Join(roles, ", "))
}
