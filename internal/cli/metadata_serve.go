package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/metadata"
	"github.com/appimg/appimg/pkg/metadata/server"
)

const metadataServeLong = `serve speaks the platform's metadata protocol, so that confd in a container or on
a machine can work against it.

Nodes ask at --listen: GET /self, by the address they come from, with
?wait=true&prev_version=N to wait for a change; answers are text, JSON or YAML
by Accept. The operator changes things at --manage: GET, POST (replace), PUT
(merge) and DELETE of /v1/data, /v1/mapping and /v1/rule. Keep --manage on
loopback: it asks nobody who they are.

In a project it begins with the project's simulated cluster, else empty. A
repository without appimg.toml is served when --dir names it.

It serves until Ctrl-C (exit code 130), and then ends all waits.`

type metadataServeOptions struct {
	topology       *topologyFlags
	listen, manage string
	as             []string
	xff, log       bool
}

func newMetadataServeCmd(d *deps) *cobra.Command {
	o := &metadataServeOptions{}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the metadata of a simulated cluster with the platform's protocol",
		Long:  metadataServeLong,
		Example: `  appimg metadata serve --count zk=3 --as zk/1
  curl -H 'Accept: application/json' http://127.0.0.1:8080/self
  curl -X PUT -d '"6380"' http://127.0.0.1:9611/v1/data/clusters/cl-1/env/port`,
		Args: atMostArgs(0),
	}
	o.topology = addTopologyFlags(d, cmd)
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "the `ADDR` for nodes; port 0 takes a free one (on the platform: port 80)")
	f.StringVar(&o.manage, "manage", "127.0.0.1:9611", "the `ADDR` for the operator; empty for none")
	f.StringArrayVar(&o.as, "as", nil, "let a client on loopback be `NODE`: <role>/<n>, instance_id, node_id or ip; ADDR=NODE for a client at another address (repeatable)")
	f.BoolVar(&o.xff, "xff", false, "believe X-Forwarded-For")
	f.BoolVar(&o.log, "log", false, "log each request on stderr")
	completeFlag(cmd, "as", o.topology.words(d, nodeNames))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := o.cluster(cmd, d)
		if err != nil {
			return err
		}
		return runMetadataServe(cmd.Context(), d, o, c)
	}
	return cmd
}

// cluster is the simulated cluster to begin with; nil without a project.
func (o *metadataServeOptions) cluster(cmd *cobra.Command, d *deps) (*metadata.Cluster, error) {
	_, inProject := app.ProjectRoot(o.topology.dir)
	if !inProject && !o.topology.changed(cmd) {
		d.note("no %s here: the tree starts empty", app.ManifestName)
		return nil, nil
	}
	p, err := o.topology.open(cmd.Context(), d)
	if err != nil {
		return nil, err
	}
	return p.cluster, nil
}

// runMetadataServe serves c, or an empty tree, until ctx ends.
func runMetadataServe(ctx context.Context, d *deps, o *metadataServeOptions, c *metadata.Cluster) error {
	debug.SetGCPercent(100) // unlike other commands, this one stays
	s, err := o.server(d, c)
	if err != nil {
		return err
	}
	nodes, err := listen(ctx, "--listen", o.listen)
	if err != nil {
		return err
	}
	defer nodes.Close()
	operator, err := listen(ctx, "--manage", o.manage)
	if err != nil {
		return err
	}
	d.note("nodes ask at http://%s/self", nodes.Addr())
	if operator != nil {
		defer operator.Close()
		d.note("the operator's port is http://%s/v1/", operator.Addr())
	}
	d.noteNodes(c)
	if err := s.Serve(ctx, nodes, operator, log.New(d.Err, "appimg: ", 0)); err != nil {
		return err
	}
	return ctx.Err()
}

// server is a server with the cluster's metadata.
func (o *metadataServeOptions) server(d *deps, c *metadata.Cluster) (*server.Server, error) {
	if o.listen == "" {
		return nil, usagef("--listen: an address is required")
	}
	as, err := parseAs(o.as, c)
	if err != nil {
		return nil, err
	}
	so := server.Options{TrustForwardedFor: o.xff, As: as}
	if o.log {
		so.Log = slog.New(slog.NewTextHandler(d.Err, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	s := server.New(so)
	return s, fill(s, c)
}

// fill gives the server a cluster's data and mapping. No node has a command
// yet: a node that starts runs what the operator sends it then, as on the
// platform, and not its start command before it is initialised.
func fill(s *server.Server, c *metadata.Cluster) error {
	if c == nil {
		return nil
	}
	return s.Update(func(tx *server.Tx) error {
		err := errors.Join(tx.ReplaceData("/", c.Data()), tx.SetMapping(c.Mapping()))
		tx.DeleteData("/clusters/" + c.ID + "/cmd")
		return err
	})
}

// noteNodes tells who is who, as far as a screen has room.
func (d *deps) noteNodes(c *metadata.Cluster) {
	const most = 20
	if c == nil {
		return
	}
	for i, n := range c.Nodes {
		if i == most {
			d.note("and %d more nodes", len(c.Nodes)-most)
			return
		}
		d.note("node %s is %s at %s", n.Name(), n.InstanceID, n.IP)
	}
}

// listen opens addr; it is nil for an empty one.
func listen(ctx context.Context, flag, addr string) (net.Listener, error) {
	if addr == "" {
		return nil, nil
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		err = fmt.Errorf("listening on %q (%s): %w", addr, flag, diag.Reason(err))
	}
	var wrong *net.AddrError
	switch {
	case errors.As(err, &wrong):
		return nil, diag.WithHint(usagef("%s %q: %s", flag, addr, wrong.Err), "an address is HOST:PORT, such as 127.0.0.1:0")
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, diag.WithHint(err, "%s 127.0.0.1:0 takes a free port", flag)
	case errors.Is(err, fs.ErrPermission):
		return nil, diag.WithHint(err, "ports below 1024 belong to root: %s 127.0.0.1:8080", flag)
	}
	return l, err
}

// parseAs reads --as: which client address is taken for which node.
func parseAs(flags []string, c *metadata.Cluster) (map[string]string, error) {
	as := map[string]string{}
	for _, f := range flags {
		clients := []string{"127.0.0.1", "::1"}
		name := f
		if client, node, ok := strings.Cut(f, "="); ok {
			addr, err := netip.ParseAddr(client)
			if err != nil {
				return nil, diag.WithHint(usagef("--as %q: %w", f, err), "--as NODE, or --as ADDR=NODE")
			}
			clients, name = []string{addr.Unmap().String()}, node
		}
		ip, err := nodeAddress(name, c)
		if err != nil {
			return nil, err
		}
		for _, client := range clients {
			as[client] = ip
		}
	}
	return as, nil
}

// nodeAddress is the ip of the node called name. An address need not be a
// node's yet.
func nodeAddress(name string, c *metadata.Cluster) (string, error) {
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.Unmap().String(), nil
	}
	if c == nil {
		return "", diag.WithHint(usagef("--as %q: without a project a node is an ip", name), "--dir DIR names a project")
	}
	n, err := c.Find(name)
	if err != nil {
		return "", usageError(fmt.Errorf("--as: %w", err))
	}
	return n.IP, nil
}
