package metadata

import (
	"errors"

	"github.com/appimg/appimg/pkg/app"
)

// Topology is the size and the state of a simulated cluster. A role name of ""
// stands for the one unnamed role.
type Topology struct {
	Counts   map[string]int // nodes per role; what is absent has the app's own count (1 where that is 0)
	Adding   map[string]int // how many of a role's nodes, the last ones, are just being added
	Deleting map[string]int // how many of a role's nodes, the last ones, are about to leave

	// VerticalScalingRoles is /vertical-scaling-roles; absent when empty.
	VerticalScalingRoles string
	// NoLinks leaves linked clusters out, as if the user had chosen none.
	NoLinks bool
	// LinkNodes is the number of nodes of each linked cluster; 0 is 2.
	LinkNodes int
	// Cmd is the command that each node sees at /cmd; "" is its start command.
	Cmd string
}

// Cluster is a simulated cluster.
type Cluster struct {
	ID    string // cl-…
	Nodes []*Node
	Notes []string // what had to be assumed
	spec  *app.Spec
}

// Node is one node of a cluster.
type Node struct {
	Role                   string // "" where the app has one unnamed role
	Index                  int    // from 1 in its role
	InstanceID, NodeID, IP string
	SID, GID               int
	keys                   map[string]any
}

// Name is <role>/<index>.
func (n *Node) Name() string { return n.Role + "/" }

var errNotYet = errors.New("not there yet")

// Build makes the cluster of spec in the given topology. Errors: a role that
// does not exist, a count below zero, no node at all, more nodes than
// server_id_upper_bound admits.
func Build(spec *app.Spec, t Topology) (*Cluster, error) { return nil, errNotYet }

// Self is what GET /self returns to n: nested maps whose leaves are strings.
// Parts are shared between nodes: read only.
func (c *Cluster) Self(n *Node) map[string]any { return nil }

// Data is the server's whole tree: {"clusters": {<id>: …}}. Read only.
func (c *Cluster) Data() map[string]any { return nil }

// Mapping is what /self means to each client: address → key → path in Data.
func (c *Cluster) Mapping() map[string]any { return nil }

// Find is the node called name: instance_id, node_id, ip or <role>/<n>.
func (c *Cluster) Find(name string) (*Node, error) { return nil, errNotYet }

// Secret reports whether the value at path (of /self or of the root) is a
// password or an access key.
func (c *Cluster) Secret(path string) bool { return false }
