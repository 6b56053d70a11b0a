package metadata_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/metadata"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func specOf(t testing.TB, name string) *app.Spec {
	t.Helper()
	a, err := app.Open(t.Context(), "testdata/"+name, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	spec, err := a.Expand(nil)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func build(t testing.TB, name string, top metadata.Topology) *metadata.Cluster {
	t.Helper()
	c, err := metadata.Build(specOf(t, name), top)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func node(t testing.TB, c *metadata.Cluster, name string) *metadata.Node {
	t.Helper()
	n, err := c.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestGolden(t *testing.T) {
	scaling := metadata.Topology{
		Counts: map[string]int{"store": 3}, Adding: map[string]int{"store": 1}, Deleting: map[string]int{"store-replica": 1},
		VerticalScalingRoles: "store,store-replica", UpgradeFrom: "appv-1", UpgradeTo: "appv-2", AllLinks: true,
	}
	for file, v := range map[string]any{
		"roles.store-1.json":  selfOf(t, build(t, "roles", metadata.Topology{}), "store/1"),
		"roles.front-1.json":  selfOf(t, build(t, "roles", metadata.Topology{NoLinks: true}), "front/1"),
		"roles.scaling.json":  build(t, "roles", scaling).Data(),
		"roles.mapping.json":  build(t, "roles", metadata.Topology{}).Mapping(),
		"single.1.json":       selfOf(t, build(t, "single", metadata.Topology{}), "/1"),
		"single.mapping.json": build(t, "single", metadata.Topology{}).Mapping(),
	} {
		got, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		path := "testdata/golden/" + file
		if *update {
			if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != string(got)+"\n" {
			t.Errorf("%s differs (go test -update rewrites it):\n%s", path, got)
		}
	}
}

func selfOf(t testing.TB, c *metadata.Cluster, name string) map[string]any {
	t.Helper()
	return c.Self(node(t, c, name))
}

// A node keeps its ids and address when others come, of whatever role; and its
// sid when they are just being added.
func TestNodesKeepTheirIdentity(t *testing.T) {
	small := build(t, "roles", metadata.Topology{})
	for _, counts := range []map[string]int{{"store": 5}, {"front": 9}, {"store": 4, "front": 300, "store-replica": 4}} {
		fresh := build(t, "roles", metadata.Topology{Counts: counts})
		big := build(t, "roles", metadata.Topology{Counts: counts, Adding: moreThan(small, fresh)})
		sids := map[int]bool{}
		ips := map[string]bool{}
		for _, n := range big.Nodes {
			if sids[n.SID] || ips[n.IP] || n.SID < 1 || n.SID > len(big.Nodes) {
				t.Errorf("%s: sid %d or ip %s is there twice", n.Name(), n.SID, n.IP)
			}
			sids[n.SID], ips[n.IP] = true, true
		}
		for i, n := range fresh.Nodes {
			if m := node(t, big, n.Name()); n.SID != i+1 || n.InstanceID != m.InstanceID || n.IP != m.IP {
				t.Errorf("with %v, %s of a fresh cluster is %+v", counts, n.Name(), n)
			}
		}
		for _, n := range small.Nodes {
			m := node(t, big, n.Name())
			if m.InstanceID != n.InstanceID || m.NodeID != n.NodeID || m.IP != n.IP || m.SID != n.SID || m.GID != n.GID {
				t.Errorf("with %v, %s became %+v", counts, n.Name(), m)
			}
		}
	}
}

// moreThan is how many nodes of each role big has more than small.
func moreThan(small, big *metadata.Cluster) map[string]int {
	more := map[string]int{}
	for _, n := range big.Nodes {
		more[n.Role]++
	}
	for _, n := range small.Nodes {
		more[n.Role]--
	}
	return more
}

func TestReplicaGroups(t *testing.T) {
	c := build(t, "roles", metadata.Topology{Counts: map[string]int{"store": 3}})
	if n := len(c.Nodes); n != 3+3+1 {
		t.Fatalf("%d nodes", n)
	}
	for i := range 3 {
		master, replica := c.Nodes[i], c.Nodes[3+i]
		if replica.Role != "store-replica" || replica.GID != master.GID || replica.SID == master.SID {
			t.Errorf("%s has gid %d, %s %d", replica.Name(), replica.GID, master.Name(), master.GID)
		}
	}
}

func TestStartAgain(t *testing.T) {
	first, again := build(t, "single", metadata.Topology{}), build(t, "single", metadata.Topology{Start: 1})
	for i, n := range first.Nodes {
		if m := again.Nodes[i]; m.InstanceID == n.InstanceID || m.NodeID != n.NodeID || m.IP != n.IP {
			t.Errorf("%+v became %+v", n, m)
		}
	}
}

func TestServerIDUpperBound(t *testing.T) {
	c := build(t, "single", metadata.Topology{Counts: map[string]int{"": 5}})
	if c.Nodes[4].SID != 5 {
		t.Errorf("sid %d", c.Nodes[4].SID)
	}
	_, err := metadata.Build(specOf(t, "single"), metadata.Topology{Counts: map[string]int{"": 6}})
	if err == nil || !strings.Contains(err.Error(), "6 nodes, but server_id_upper_bound is 5") {
		t.Errorf("got %v", err)
	}
}

func TestBuildFaults(t *testing.T) {
	for _, c := range []struct {
		app  string
		top  metadata.Topology
		want string
	}{
		{"roles", metadata.Topology{Counts: map[string]int{"stoer": 1}}, `no role "stoer" in testdata/roles/cluster.json.mustache; did you mean "store"?`},
		{"roles", metadata.Topology{Adding: map[string]int{"x": 1}}, `no role "x" in testdata/roles/cluster.json.mustache; its roles are store, store-replica, front`},
		{"single", metadata.Topology{Counts: map[string]int{"x": 1}}, `no role "x" in testdata/single/cluster.json.mustache; its one role has no name: give the count alone`},
		{"single", metadata.Topology{Counts: map[string]int{"": 0}}, `simulating "testdata/single/cluster.json.mustache": the cluster has no nodes; --count ROLE=N gives a role some`},
		{"single", metadata.Topology{Counts: map[string]int{"": -1}}, `counting role "": -1 nodes; `},
		{"single", metadata.Topology{Counts: map[string]int{"": 1 << 40}}, `simulating "testdata/single/cluster.json.mustache": more than 10000 nodes; `},
		{"roles", metadata.Topology{Counts: map[string]int{"store": 1 << 40}}, `more than 10000 nodes; `},
	} {
		_, err := metadata.Build(specOf(t, c.app), c.top)
		if err == nil || !strings.HasSuffix(err.Error()+"; "+strings.Join(diag.Hints(err), "; "), c.want) {
			t.Errorf("got %v %q, want %s", err, diag.Hints(err), c.want)
		}
	}
	many := build(t, "roles", metadata.Topology{Counts: map[string]int{"front": 9000}})
	if n := many.Nodes[len(many.Nodes)-1]; n.Index != 9000 {
		t.Errorf("the last node is %s at %s", n.Name(), n.IP)
	}
}

func TestFind(t *testing.T) {
	c := build(t, "roles", metadata.Topology{})
	n := c.Nodes[1]
	for _, name := range []string{"store/2", n.InstanceID, n.NodeID, n.IP} {
		if node(t, c, name) != n {
			t.Errorf("%s is another node", name)
		}
	}
	_, err := c.Find("stor/2")
	if hints := diag.Hints(err); len(hints) != 1 || !strings.Contains(hints[0], `"store/2"`) {
		t.Errorf("got %v %q", err, hints)
	}
	if node(t, build(t, "single", metadata.Topology{}), "/3").Index != 3 {
		t.Error("/3 is another node")
	}
}

func TestLinks(t *testing.T) {
	mine := map[string]any{"env": map[string]any{"port": "1"}}
	for _, c := range []struct {
		top  metadata.Topology
		want []string
	}{
		{metadata.Topology{}, []string{"queue"}},
		{metadata.Topology{NoLinks: true}, nil},
		{metadata.Topology{AllLinks: true, LinkNodes: 3}, []string{"audit", "queue"}},
		{metadata.Topology{NoLinks: true, LinkTrees: map[string]map[string]any{"audit": mine}}, []string{"audit"}},
	} {
		links, _ := selfOf(t, build(t, "roles", c.top), "front/1")["links"].(map[string]any)
		var names []string
		for _, name := range []string{"audit", "queue"} {
			if links[name] != nil {
				names = append(names, name)
			}
		}
		if !reflect.DeepEqual(names, c.want) {
			t.Errorf("%+v: links %q, want %q", c.top, names, c.want)
		}
		if q, _ := links["queue"].(map[string]any); c.top.LinkNodes > 0 && len(q["hosts"].(map[string]any)) != c.top.LinkNodes {
			t.Errorf("link %+v", q)
		}
	}
}

// What the server makes of data and mapping is what Self says.
func TestMappingIsSelf(t *testing.T) {
	for _, name := range []string{"roles", "single"} {
		c := build(t, name, metadata.Topology{Adding: map[string]int{}})
		data, mapping := c.Data(), c.Mapping()
		for _, n := range c.Nodes {
			got := resolve(data, mapping[n.IP])
			if !reflect.DeepEqual(got, any(c.Self(n))) {
				t.Errorf("%s: mapping gives\n%v\nself is\n%v", n.Name(), got, c.Self(n))
			}
		}
	}
}

// resolve replaces paths by what lies there, and drops those without data.
func resolve(data any, m any) any {
	path, ok := m.(string)
	if !ok {
		out := map[string]any{}
		for k, v := range m.(map[string]any) {
			if r := resolve(data, v); r != nil {
				out[k] = r
			}
		}
		return out
	}
	for _, step := range strings.Split(path[1:], "/") {
		level, _ := data.(map[string]any)
		data = level[step]
	}
	return data
}

func TestRules(t *testing.T) {
	c := build(t, "roles", metadata.Topology{})
	rules := c.Rules()
	first, _ := rules[c.Nodes[0].IP].([]any)
	if len(rules) != len(c.Nodes) || len(first) != 2 || first[0].(map[string]any)["path"] != "/clusters/"+c.ID {
		t.Errorf("rules %v", rules)
	}
	if rules := build(t, "single", metadata.Topology{}).Rules(); rules != nil {
		t.Errorf("rules without root access: %v", rules)
	}
}

func TestSecrets(t *testing.T) {
	c := build(t, "roles", metadata.Topology{})
	for path, want := range map[string]bool{
		"/self/env/secret.word": true, "env/secret.word": true, "/env/store/access_key_id": true, "/env/port": false,
		"/clusters/" + c.ID + "/env/secret.word": true, "/secret.word": false, "/self/env": false, "/host/ip": false,
	} {
		if got := c.Secret(path); got != want {
			t.Errorf("Secret(%s) = %v", path, got)
		}
	}
	self := selfOf(t, c, "store/1")
	masked, err := json.Marshal(c.Mask("/self", self))
	if err != nil {
		t.Fatal(err)
	}
	if s := string(masked); strings.Contains(s, "hush") || strings.Contains(s, "AKTINY") || !strings.Contains(s, `"port":"7000"`) {
		t.Errorf("masked: %s", s)
	}
	if env := self["env"].(map[string]any); env["secret.word"] != "hush" {
		t.Error("masking changed the original")
	}
}

// A pub_key is a public key that ssh can read.
func TestPublicKey(t *testing.T) {
	host := selfOf(t, build(t, "roles", metadata.Topology{}), "store/1")["host"].(map[string]any)
	fields := strings.Fields(host["pub_key"].(string))
	wire, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil || fields[0] != "ssh-rsa" || fields[2] != "root@"+host["instance_id"].(string) {
		t.Fatalf("%q: %v", fields, err)
	}
	var parts []string
	for len(wire) >= 4 {
		n := binary.BigEndian.Uint32(wire)
		parts, wire = append(parts, string(wire[4:4+n])), wire[4+n:]
	}
	if len(parts) != 3 || parts[0] != "ssh-rsa" || len(parts[2]) != 257 || len(wire) != 0 {
		t.Errorf("%d parts", len(parts))
	}
}

// Views of many nodes share what they have in common.
func TestViewsAreCheap(t *testing.T) {
	c := build(t, "roles", metadata.Topology{Counts: map[string]int{"store": 50, "front": 50}})
	allocs := testing.AllocsPerRun(10, func() {
		for _, n := range c.Nodes {
			c.Self(n)
		}
	})
	if perView := allocs / float64(len(c.Nodes)); perView > 10 {
		t.Errorf("%.0f allocations per view", perView)
	}
}

func BenchmarkBuild100(b *testing.B) {
	spec := specOf(b, "roles")
	for b.Loop() {
		if _, err := metadata.Build(spec, metadata.Topology{Counts: map[string]int{"store": 40, "front": 20}}); err != nil {
			b.Fatal(err)
		}
	}
}
