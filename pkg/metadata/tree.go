package metadata

import (
	"fmt"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
)

// shared are the parts of /self that all nodes of a cluster see alike.
var shared = [...]string{"hosts", "cluster", "adding-hosts", "deleting-hosts", "vertical-scaling-roles"}

// makeTree makes what lies at /clusters/<ID>.
func (c *Cluster) makeTree(t Topology) {
	c.tree = map[string]any{
		"hosts":   hostsOf(c.Nodes),
		"cluster": c.clusterKeys(t),
		"env":     envKeys(c.spec.Env),
	}
	if adding := lastOf(c.Nodes, t.Adding); len(adding) > 0 {
		c.tree["adding-hosts"] = hostsOf(adding)
	}
	if deleting := lastOf(c.Nodes, t.Deleting); len(deleting) > 0 {
		c.tree["deleting-hosts"] = hostsOf(deleting)
	}
	if t.VerticalScalingRoles != "" {
		c.tree["vertical-scaling-roles"] = t.VerticalScalingRoles
	}
	commands := map[string]any{}
	for _, n := range c.Nodes {
		if n.cmd != nil {
			commands[n.InstanceID] = n.cmd
		}
	}
	if len(commands) > 0 {
		c.tree["cmd"] = commands
	}
	c.envs = map[string]map[string]any{}
	roleEnvs := map[string]any{}
	for _, r := range c.spec.Roles {
		if r.HasEnv {
			c.envs[r.Name] = envKeys(r.Env)
			roleEnvs[r.Name] = c.envs[r.Name]
		}
	}
	if len(roleEnvs) > 0 {
		c.tree["role-env"] = roleEnvs
	}
	c.makeLinks(t)
}

// hostsOf is the hosts tree: [<role>/]<instance_id>/….
func hostsOf(nodes []*Node) map[string]any {
	hosts := map[string]any{}
	for _, n := range nodes {
		level := hosts
		if n.Role != "" {
			if hosts[n.Role] == nil {
				hosts[n.Role] = map[string]any{}
			}
			level = hosts[n.Role].(map[string]any)
		}
		level[n.InstanceID] = n.host
	}
	return hosts
}

// lastOf are the last nodes of each role that counts names.
func lastOf(nodes []*Node, counts map[string]int) []*Node {
	size := map[string]int{}
	for _, n := range nodes {
		size[n.Role]++
	}
	return slices.DeleteFunc(slices.Clone(nodes), func(n *Node) bool { return n.Index <= size[n.Role]-counts[n.Role] })
}

func (c *Cluster) clusterKeys(t Topology) map[string]any {
	keys := map[string]any{
		"app_id": "app-" + hex8("app", c.spec.Name), "cluster_id": c.ID, "user_id": "usr-" + hex8("user"),
		"global_uuid": digits9("uuid", c.ID), "cluster_tag": "",
		"vxnet": orText(c.spec.VxNet, "vxnet-"+hex8("vxnet", c.ID)[:7]), "zone": c.zone(),
		"api_server":      map[string]any{"host": "api.qingcloud.com", "port": "443", "protocol": "https"},
		"resource_limits": map[string]any{"valid_instance_classes": "101,202,301", "valid_volume_classes": "2,5,6,100,200"},
	}
	endpoints := map[string]any{}
	for _, e := range c.spec.Endpoints {
		ep := map[string]any{"port": e.Port}
		if e.Protocol != "" {
			ep["protocol"] = e.Protocol
		}
		endpoints[e.Name] = ep
	}
	if len(c.spec.ReservedIPs) > 0 {
		endpoints["reserved_ips"] = reserved(c.spec.ReservedIPs, "192.168.100")
	}
	if len(endpoints) > 0 {
		keys["endpoints"] = endpoints
	}
	if t.UpgradeFrom != "" || t.UpgradeTo != "" {
		keys["upgrade-audit"] = map[string]any{"from_app_version": t.UpgradeFrom, "to_app_version": t.UpgradeTo}
	}
	return keys
}

// zone is the first that a role names.
func (c *Cluster) zone() string {
	for _, r := range c.spec.Roles {
		if r.Container.Zone != "" {
			return r.Container.Zone
		}
	}
	return "pek3a"
}

func orText(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

func envKeys(params []app.Param) map[string]any {
	env := map[string]any{}
	for _, p := range params {
		if p.Sub == nil {
			env[p.Key] = p.Value
			continue
		}
		sub := map[string]any{}
		for k, v := range p.Sub {
			sub[k] = v
		}
		env[p.Key] = sub
	}
	return env
}

// linked is the cluster behind a link.
type linked struct {
	id   string
	tree map[string]any
}

// makeLinks makes the linked clusters: those that a user must choose or has chosen.
func (c *Cluster) makeLinks(t Topology) {
	c.linked = map[string]linked{}
	for k, l := range c.spec.Links {
		tree, given := t.LinkTrees[l.Name]
		if !given && (t.NoLinks || !t.AllLinks && l.Value == "" && !l.Required) {
			continue
		}
		id := l.Value
		if !strings.HasPrefix(id, "cl-") {
			id = "cl-" + hex8("link", c.ID, l.Name)
		}
		if !given {
			tree = madeUp(id, k, t.linkNodes())
			c.Notes = append(c.Notes, fmt.Sprintf("link %q: a made-up cluster of %d nodes, without env", l.Name, len(tree["hosts"].(map[string]any))))
		}
		c.linked[l.Name] = linked{id, tree}
	}
}

func (t Topology) linkNodes() int {
	if t.LinkNodes <= 0 {
		return 2
	}
	return min(t.LinkNodes, 198)
}

// madeUp is a linked cluster of unknown kind: hosts without roles, no env.
func madeUp(id string, k, nodes int) map[string]any {
	c := &Cluster{ID: id, spec: &app.Spec{Name: id}}
	role := &app.Role{CPU: 1, Memory: 2048, InstanceClass: defaultInstanceClass, Volume: &app.Volume{Size: 10, Class: defaultVolumeClass}}
	for i := range nodes {
		n := &Node{Index: i + 1, IP: fmt.Sprintf("192.168.%d.%d", 99-k%99, 2+i), SID: i + 1, GID: i + 1, spec: role}
		n.NodeID, n.InstanceID = "cln-"+hex8("node", id, n.Name()), "i-"+hex8("instance", id, n.Name())
		n.host = c.hostKeys(n)
		c.Nodes = append(c.Nodes, n)
	}
	return map[string]any{"hosts": hostsOf(c.Nodes), "cluster": c.clusterKeys(Topology{})}
}
