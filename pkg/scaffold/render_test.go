package scaffold_test

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/metadata"
	"github.com/appimg/appimg/pkg/scaffold"
	"github.com/appimg/appimg/templates"
)

// noMachine refuses to be asked: templates of presets must not depend on it.
type noMachine struct{ t *testing.T }

func (m noMachine) FileExists(string) bool   { m.t.Error("fileExists is asked"); return false }
func (m noMachine) Getenv(string) string     { m.t.Error("getenv is asked"); return "" }
func (m noMachine) Now() time.Time           { m.t.Error("the time is asked"); return time.Time{} }
func (m noMachine) LookupIP(string) []string { m.t.Error("lookupIP is asked"); return nil }
func (m noMachine) LookupSRV(_, _, _ string) []*net.SRV {
	m.t.Error("lookupSRV is asked")
	return nil
}

// made is a project on disk, of a preset.
func made(t *testing.T, preset string, typ scaffold.Type) *app.App {
	t.Helper()
	files, err := scaffold.Files(templates.FS(), preset, scaffold.Project{Name: "sample", Type: typ})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "sample")
	if err := scaffold.Create(t.Context(), dir, files, false); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), dir, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Notes) > 0 || len(a.Images) != 1 {
		t.Fatalf("notes %q, %d images", a.Notes, len(a.Images))
	}
	return a
}

// rendered is every file of every node: node, dest → content.
func rendered(t *testing.T, a *app.App, set map[string]string, top metadata.Topology) map[string]map[string]string {
	t.Helper()
	spec, err := a.Expand(set)
	if err != nil {
		t.Fatal(err)
	}
	c, err := metadata.Build(spec, top)
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := confd.FindResources(a.Images[0].ConfDir)
	if err != nil || len(pairs) == 0 {
		t.Fatal(len(pairs), err)
	}
	out := map[string]map[string]string{}
	for _, n := range c.Nodes {
		out[n.Name()] = map[string]string{}
		for _, pair := range pairs {
			dest, content := renderPair(t, a, pair, c.Self(n))
			out[n.Name()][dest] = content
		}
	}
	return out
}

func renderPair(t *testing.T, a *app.App, pair string, self map[string]any) (dest, content string) {
	t.Helper()
	data, err := os.ReadFile(pair)
	if err != nil {
		t.Fatal(err)
	}
	r, err := confd.ParseResource(pair, data)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(a.Images[0].Templates, r.Src))
	if err != nil {
		t.Fatal(err)
	}
	tmpl, err := confd.ParseTemplate(r.Src, string(text), noMachine{t})
	if err != nil {
		t.Fatal(err)
	}
	store, err := confd.LoadStore(t.Context(), confd.TreeSource("/self", self), "/self", r.Keys)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := tmpl.Render(&out, store); err != nil {
		t.Fatal(err)
	}
	return r.Dest, out.String()
}

// Every preset renders at every size, while nodes come and go, and with every
// value at the ends of its range.
func TestPresetsRender(t *testing.T) {
	eachProject(t, func(t *testing.T, preset string, _ []scaffold.File) {
		a := made(t, preset, scaffold.Type(t.Name()[strings.LastIndex(t.Name(), "-")+1:]))
		for _, n := range []int{1, 3, 5} {
			role, set, counts := "", map[string]string{}, map[string]int{"": n}
			if preset == "redis" {
				role, set, counts = "master-replica", replicas(n), nil
			}
			for _, top := range []metadata.Topology{
				{Counts: counts},
				{Counts: counts, Adding: map[string]int{role: 1}},
				{Counts: counts, Deleting: map[string]int{role: 1}},
			} {
				for node, files := range rendered(t, a, set, top) {
					sound(t, node, files)
				}
			}
		}
		for _, set := range extremes(a.Config.Properties) {
			for node, files := range rendered(t, a, set, metadata.Topology{}) {
				sound(t, fmt.Sprintf("%s with %v", node, set), files)
			}
		}
	})
}

// sound checks what no rendered file may have.
func sound(t *testing.T, node string, files map[string]string) {
	t.Helper()
	for dest, text := range files {
		for _, bad := range []string{"<no value>", "%!", "e+0", "NOT FOUND", "Not found", "{{"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s %s has %q:\n%s", node, dest, bad, text)
			}
		}
		if !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") {
			t.Errorf("%s %s ends with %q", node, dest, text[max(0, len(text)-20):])
		}
	}
}

// extremes sets each env parameter to its least, its greatest, and each allowed value.
func extremes(properties []*app.Property) []map[string]string {
	var out []map[string]string
	for _, p := range properties {
		out = append(out, extremes(p.Properties)...)
		if !strings.HasPrefix(p.Path, "env.") {
			continue
		}
		for _, v := range append([]*jsondoc.Value{p.Min, p.Max}, p.Range...) {
			if v != nil {
				out = append(out, map[string]string{p.Path: v.Text})
			}
		}
	}
	return out
}

func TestZookeeperFollowsItsCluster(t *testing.T) {
	a := made(t, "zookeeper", scaffold.Docker)
	for _, n := range []int{1, 3, 5} {
		nodes := rendered(t, a, nil, metadata.Topology{Counts: map[string]int{"": n}, Adding: map[string]int{"": 1}})
		ids := map[string]bool{}
		for name, files := range nodes {
			if got := strings.Count(files["/opt/app/conf/zoo.cfg"], "\nserver."); got != n {
				t.Errorf("%d nodes: %s has %d servers", n, name, got)
			}
			id := strings.TrimSpace(files["/data/zookeeper/data/myid"])
			if ids[id] || !regexp.MustCompile(`(?m)^server\.`+id+`=`).MatchString(files["/opt/app/conf/zoo.cfg"]) {
				t.Errorf("%d nodes: %s has id %q", n, name, id)
			}
			ids[id] = true
			if got := strings.Count(files["/opt/app/conf/members"], " joins\n"); got != 1 {
				t.Errorf("%d nodes: %d join", n, got)
			}
		}
	}
	// The list of servers changes when a node is gone, not when it is about to leave.
	before := rendered(t, a, nil, metadata.Topology{Counts: map[string]int{"": 3}})
	leaving := rendered(t, a, nil, metadata.Topology{Counts: map[string]int{"": 3}, Deleting: map[string]int{"": 1}})
	if before["/1"]["/opt/app/conf/zoo.cfg"] != leaving["/1"]["/opt/app/conf/zoo.cfg"] {
		t.Error("zoo.cfg changes, and the server restarts, before a node has left")
	}
	if !strings.Contains(leaving["/1"]["/opt/app/conf/members"], " leaves\n") {
		t.Error("no node leaves")
	}
}

func replicas(n int) map[string]string {
	return map[string]string{"cluster.master.replica": fmt.Sprint(n), "env.password": "a-b_c/1%2"}
}

func TestRedisFollowsTheMasterOfItsGroup(t *testing.T) {
	a := made(t, "redis", scaffold.KVM)
	nodes := rendered(t, a, replicas(3), metadata.Topology{})
	if got := slices.Sorted(maps.Keys(nodes)); fmt.Sprint(got) != "[master-replica/1 master-replica/2 master-replica/3 master/1]" {
		t.Fatal(got)
	}
	for name, files := range nodes {
		conf, members := files["/opt/app/conf/redis.conf"], files["/opt/app/conf/members"]
		if (name == "master/1") == strings.Contains(conf, "\nreplicaof ") {
			t.Errorf("%s has\n%s", name, conf)
		}
		if !strings.Contains(conf, "\nrequirepass \"a-b_c/1%2\"\n") {
			t.Errorf("%s has\n%s", name, conf)
		}
		if strings.Count(members, "\n") != 5 || strings.Count(members, " here\n") != 1 {
			t.Errorf("%s has\n%s", name, members)
		}
	}
	// One more replica is no reason to touch the others.
	more := rendered(t, a, replicas(4), metadata.Topology{Adding: map[string]int{"master-replica": 1}})
	for name, files := range nodes {
		if files["/opt/app/conf/redis.conf"] != more[name]["/opt/app/conf/redis.conf"] {
			t.Errorf("the configuration of %s changes when a replica comes", name)
		}
	}
}

func TestNextcloudQuotesWhatUsersType(t *testing.T) {
	a := made(t, "nextcloud", scaffold.Docker)
	files := rendered(t, a, map[string]string{"env.db_password": `it's a \ "$x" <&>`, "env.domain": "cloud.example.com"}, metadata.Topology{})["/1"]
	for dest, want := range map[string]string{
		"/data/nextcloud/config/platform.config.php": `'dbpassword' => 'it\'s a \\ "$x" <&>',`,
		"/opt/app/conf/install.env":                  `DB_PASSWORD='it'\''s a \ "$x" <&>'`,
	} {
		if !strings.Contains(files[dest], want+"\n") {
			t.Errorf("%s has no %s:\n%s", dest, want, files[dest])
		}
	}
	if !strings.Contains(files["/data/nextcloud/config/platform.config.php"], "\n    'cloud.example.com',\n  ],") {
		t.Error("the domain is not trusted")
	}
}

// The platform's own agent is a build of Go 1.11 (platform guide, section 2).
func TestTemplatesSuitTheOldAgent(t *testing.T) {
	newer := regexp.MustCompile(`\{\{-?\s*(break|continue|else with)|[({|]\s*-?\s*(and|or)\s|range \d|range \$\w+ := \d`)
	eachProject(t, func(t *testing.T, _ string, files []scaffold.File) {
		for _, f := range files {
			if m := newer.Find(f.Data); strings.HasSuffix(f.Path, ".tmpl") && m != nil {
				t.Errorf("%s has %q", f.Path, m)
			}
		}
	})
}

// pairOf is the pair that writes dest.
func pairOf(t *testing.T, a *app.App, dest string) *confd.Resource {
	t.Helper()
	pairs, err := confd.FindResources(a.Images[0].ConfDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range pairs {
		if r, err := confd.ReadResource(pair); err == nil && r.Dest == dest {
			return r
		}
	}
	t.Fatalf("no pair for %s", dest)
	return nil
}
