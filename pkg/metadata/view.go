package metadata

import (
	"maps"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
)

// Self is what GET /self returns to n: nested maps whose leaves are strings.
// Parts are shared between nodes: read only.
func (c *Cluster) Self(n *Node) map[string]any {
	self := map[string]any{"host": n.host, "env": c.envOf(n)}
	for _, key := range shared {
		if part, ok := c.tree[key]; ok {
			self[key] = part
		}
	}
	if n.cmd != nil {
		self["cmd"] = n.cmd
	}
	if len(c.linked) > 0 {
		links := make(map[string]any, len(c.linked))
		for name, l := range c.linked {
			links[name] = l.tree
		}
		self["links"] = links
	}
	return self
}

func (c *Cluster) envOf(n *Node) any {
	if env, ok := c.envs[n.Role]; ok {
		return env
	}
	return c.tree["env"]
}

// Data is the server's whole tree: {"clusters": {<id>: …}}, linked clusters
// among them. Read only.
func (c *Cluster) Data() map[string]any {
	clusters := map[string]any{c.ID: c.tree}
	for _, l := range c.linked {
		clusters[l.id] = l.tree
	}
	return map[string]any{"clusters": clusters}
}

// Mapping is what /self means to each client: address → key → path in Data.
// Parts that exist only for a while (adding-hosts and the like) are always
// named: what has no data is left out of /self.
func (c *Cluster) Mapping() map[string]any {
	out := make(map[string]any, len(c.Nodes))
	base := "/clusters/" + c.ID
	for _, n := range c.Nodes {
		host := base + "/hosts/" + n.InstanceID
		if n.Role != "" {
			host = base + "/hosts/" + n.Role + "/" + n.InstanceID
		}
		m := map[string]any{"host": host, "env": base + "/env", "cmd": base + "/cmd/" + n.InstanceID}
		if _, own := c.envs[n.Role]; own {
			m["env"] = base + "/role-env/" + n.Role
		}
		for _, key := range shared {
			m[key] = base + "/" + key
		}
		if len(c.linked) > 0 {
			links := map[string]any{}
			for name, l := range c.linked {
				links[name] = "/clusters/" + l.id
			}
			m["links"] = links
		}
		out[n.IP] = m
	}
	return out
}

// Rules are the access rules that the clients have: with metadata_root_access
// each reads the whole cluster and those it is linked to; nil without, when a
// client reads what its mapping names.
func (c *Cluster) Rules() map[string]any {
	if !c.spec.MetadataRootAccess {
		return nil
	}
	rules := []any{map[string]any{"path": "/clusters/" + c.ID, "mode": 1}}
	for _, name := range slices.Sorted(maps.Keys(c.linked)) {
		rules = append(rules, map[string]any{"path": "/clusters/" + c.linked[name].id, "mode": 1})
	}
	out := map[string]any{}
	for _, n := range c.Nodes {
		out[n.IP] = rules
	}
	return out
}

// Secret reports whether the value at path (of /self or of the root) is a
// password or an access key.
func (c *Cluster) Secret(path string) bool {
	envs := [][]app.Param{c.spec.Env}
	for _, r := range c.spec.Roles {
		envs = append(envs, r.Env)
	}
	for _, env := range envs {
		for _, p := range env {
			if p.Secret() && underEnv(path, p.Key) {
				return true
			}
		}
	}
	return false
}

// underEnv reports whether path is that of the env parameter key, or below it.
func underEnv(path, key string) bool {
	path = "/" + strings.Trim(path, "/") + "/"
	rest, found := path, false
	for _, top := range []string{"/env/", "/role-env/"} {
		if _, after, ok := strings.Cut(path, top); ok {
			rest, found = "/"+after, true
			break
		}
	}
	return found && strings.Contains(rest, "/"+key+"/")
}

// Mask is a copy of tree, which lies at path, with ****** for all secrets.
func (c *Cluster) Mask(path string, tree any) any {
	m, ok := tree.(map[string]any)
	if !ok {
		if c.Secret(path) {
			return "******"
		}
		return tree
	}
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = c.Mask(path+"/"+k, v)
	}
	return out
}
