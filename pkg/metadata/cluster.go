package metadata

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
)

// maxNodes bounds a simulated cluster.
const maxNodes = 10_000

// Topology is the size and the state of a simulated cluster. A role name of ""
// stands for the one unnamed role.
type Topology struct {
	Counts   map[string]int // nodes per role; what is absent has the app's own count, replicas that of their masters
	Adding   map[string]int // how many of a role's nodes, the last ones, are just being added
	Deleting map[string]int // how many of a role's nodes, the last ones, are about to leave

	VerticalScalingRoles   string // /vertical-scaling-roles; absent when empty
	UpgradeFrom, UpgradeTo string // /cluster/upgrade-audit; absent when both are empty
	Start                  int    // how often the cluster was started again: instance ids change with it

	// Links: a link is there if the user must choose it or has chosen a value.
	NoLinks   bool                      // as if the user had chosen none
	AllLinks  bool                      // as if the user had chosen all
	LinkNodes int                       // nodes of each made-up linked cluster; 0 is 2
	LinkTrees map[string]map[string]any // by link: the linked cluster's own tree (hosts, cluster, env) instead of a made-up one

	Cmd string // the command that each node sees at /cmd; "" is its start command
}

// Cluster is a simulated cluster. It does not change once it is built; its
// parts may be shared between goroutines.
type Cluster struct {
	ID    string   // cl-…
	Nodes []*Node  // by role in the app's order, then by index
	Notes []string // what had to be assumed

	spec   *app.Spec
	tree   map[string]any            // what lies at /clusters/<ID>
	envs   map[string]map[string]any // by role: its own env, where it has one
	linked map[string]linked         // by link: the linked cluster
}

// Node is one node of a cluster.
type Node struct {
	Role                   string // "" where the app has one unnamed role
	Index                  int    // from 1 in its role
	InstanceID, NodeID, IP string
	SID, GID               int

	spec *app.Role
	host map[string]any
	cmd  map[string]any // nil without a command
}

// Name is <role>/<index>.
func (n *Node) Name() string { return n.Role + "/" + strconv.Itoa(n.Index) }

// Build makes the cluster of spec in the given topology. Errors: a role that
// does not exist, a count below zero, no node at all, more nodes than
// server_id_upper_bound admits.
func Build(spec *app.Spec, t Topology) (*Cluster, error) {
	for _, counts := range []map[string]int{t.Counts, t.Adding, t.Deleting} {
		if err := checkCounts(spec, counts); err != nil {
			return nil, err
		}
	}
	c := &Cluster{ID: "cl-" + hex8("cluster", spec.Name), spec: spec}
	if err := c.makeNodes(t); err != nil {
		return nil, err
	}
	if err := c.number(t.Adding); err != nil {
		return nil, err
	}
	for _, n := range c.Nodes {
		n.host, n.cmd = c.hostKeys(n), commandKeys(n, t.Cmd)
	}
	c.makeTree(t)
	return c, nil
}

func checkCounts(spec *app.Spec, counts map[string]int) error {
	for _, role := range slices.Sorted(maps.Keys(counts)) {
		if spec.Role(role) == nil {
			return unknownRole(spec, role)
		}
		if n := counts[role]; n < 0 {
			return fmt.Errorf("counting role %q: %d nodes", role, n)
		}
	}
	return nil
}

func unknownRole(spec *app.Spec, role string) error {
	err := fmt.Errorf("no role %q in %s", role, spec.File)
	names := spec.RoleNames()
	if len(names) == 1 && names[0] == "" {
		return diag.WithHint(err, "its one role has no name: give the count alone")
	}
	return diag.DidYouMean(err, role, names, "its roles are "+strings.Join(names, ", "))
}

func (c *Cluster) makeNodes(t Topology) error {
	for k, r := range c.spec.Roles {
		count := countOf(c.spec, r, t)
		if count > maxNodes-len(c.Nodes) {
			return fmt.Errorf("simulating %q: more than %d nodes", c.spec.File, maxNodes)
		}
		if count == 0 {
			c.Notes = append(c.Notes, fmt.Sprintf("role %q has no nodes (--count %s=1 gives it one)", r.Name, r.Name))
		}
		for i := range count {
			ip, err := address(k, len(c.spec.Roles), i)
			if err != nil {
				return fmt.Errorf("simulating role %q: %w", r.Name, err)
			}
			n := &Node{Role: r.Name, Index: i + 1, IP: ip, spec: r}
			n.NodeID = "cln-" + hex8("node", c.ID, n.Name())
			n.InstanceID = "i-" + hex8("instance", c.ID, n.Name(), strconv.Itoa(t.Start))
			c.Nodes = append(c.Nodes, n)
		}
	}
	if len(c.Nodes) == 0 {
		return diag.WithHint(fmt.Errorf("simulating %q: the cluster has no nodes", c.spec.File), "--count ROLE=N gives a role some")
	}
	return nil
}

// countOf is the number of a role's nodes; replicas follow their masters.
func countOf(spec *app.Spec, r *app.Role, t Topology) int {
	if n, ok := t.Counts[r.Name]; ok {
		return n
	}
	if r.IsReplica {
		if master := spec.Role(r.ReplicaOf); master != nil {
			return min(countOf(spec, master, t)*r.Replica, maxNodes+1)
		}
	}
	return r.Count
}

// address is that of node i (from 0) of role k of n: 192.168.100.2 and so on,
// each role in a block of its own, so that no other role's growth moves it.
// .200 and up are kept for reserved addresses.
func address(k, n, i int) (string, error) {
	const perBlock = 198
	block := 100 + k + n*(i/perBlock)
	if block > 255 {
		return "", fmt.Errorf("too many nodes: the addresses 192.168.100.2 to 192.168.255.199 do not suffice")
	}
	return fmt.Sprintf("192.168.%d.%d", block, 2+i%perBlock), nil
}

// Find is the node called name: instance_id, node_id, ip or <role>/<n> (/n
// where the role has no name).
func (c *Cluster) Find(name string) (*Node, error) {
	var names []string
	for _, n := range c.Nodes {
		if slices.Contains([]string{n.InstanceID, n.NodeID, n.IP, n.Name()}, name) {
			return n, nil
		}
		names = append(names, n.Name())
	}
	err := fmt.Errorf("no node %q in the cluster", name)
	return nil, diag.DidYouMean(err, name, names, fmt.Sprintf("its %d nodes are %s to %s", len(names), names[0], names[len(names)-1]))
}

// Spec is the app's specification that the cluster was built from.
func (c *Cluster) Spec() *app.Spec { return c.spec }

// RoleSpec is the specification of the node's role.
func (n *Node) RoleSpec() *app.Role { return n.spec }
