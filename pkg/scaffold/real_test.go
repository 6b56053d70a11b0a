package scaffold_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/metadata"
	"github.com/appimg/appimg/pkg/scaffold"
)

// state is a cluster as it may be while a scenario runs.
type state struct {
	set map[string]string
	top metadata.Topology
}

// The scripts of the presets, on real servers, in namespaces of their own:
// testdata/real has the scenarios.
func TestScriptsOnRealServers(t *testing.T) {
	redis := func(password, clients string) state {
		return state{set: map[string]string{"cluster.master.replica": "2", "env.password": password, "env.maxclients": clients}}
	}
	zk := func(tick string, n, adding, deleting int) state {
		return state{map[string]string{"env.tickTime": tick}, metadata.Topology{
			Counts: map[string]int{"": n}, Adding: map[string]int{"": adding}, Deleting: map[string]int{"": deleting}}}
	}
	nextcloud := func(limit string) state {
		return state{set: map[string]string{"env.db_password": `pa'ss\w"ord`, "env.db_host": "db.example.com", "env.upload_limit": limit}}
	}
	for _, c := range []struct {
		preset string
		tools  []string // that the tests' dependencies have
		server string   // a file of the real server's package
		states map[string]state
	}{
		{"blank", nil, "", map[string]state{"first": {}}},
		{"redis", nil, "/usr/bin/redis-server", map[string]state{"first": redis("first-password", "10000"), "second": redis("second/password_2%", "500")}},
		{"nextcloud", []string{"curl"}, "/usr/sbin/php-fpm*", map[string]state{"first": nextcloud("1024"), "second": nextcloud("2048")}},
		{"zookeeper", nil, "/usr/share/java/zookeeper.jar", map[string]state{
			"three": zk("2000", 3, 0, 0), "joining": zk("2000", 4, 1, 0), "four": zk("2000", 4, 0, 0), "slower": zk("2500", 4, 0, 0),
			"leaving1": zk("2500", 4, 0, 1), "leaving3": zk("2500", 4, 0, 3), "leaving4": zk("2500", 4, 0, 4),
		}},
	} {
		t.Run(c.preset, func(t *testing.T) {
			t.Parallel()
			if testing.Short() {
				t.Skip("takes up to a minute")
			}
			needNamespaces(t)
			for _, tool := range c.tools {
				testneed.Tool(t, tool)
			}
			if c.server != "" {
				testneed.File(t, c.server)
			}
			runScenario(t, c.preset, c.states)
		})
	}
}

func needNamespaces(t *testing.T) {
	t.Helper()
	testneed.Root(t)
	for _, tool := range []string{"unshare", "nsenter", "ip"} {
		testneed.Tool(t, tool)
	}
	if out, err := exec.Command("unshare", "-m", "-n", "-p", "--fork", "true").CombinedOutput(); err != nil {
		t.Skipf("needs namespaces (optional): %s", out)
	}
}

func runScenario(t *testing.T, preset string, states map[string]state) {
	t.Helper()
	lab := t.TempDir()
	a := made(t, preset, scaffold.Docker)
	for name, s := range states {
		layOut(t, a, s, filepath.Join(lab, "states", name), filepath.Join(lab, "nodes"))
	}
	if err := os.Symlink(filepath.Join(a.Root, "rootfs"), filepath.Join(lab, "rootfs")); err != nil {
		t.Fatal(err)
	}
	real, err := filepath.Abs(filepath.Join("testdata", "real"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "-m", "-n", "-p", "--fork", "--kill-child", "--mount-proc",
		"bash", filepath.Join(real, "lab.sh"), filepath.Join(real, preset+".sh"), lab)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "scenario passed\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

// layOut writes what each node gets below dir/n1, dir/n2 …, and the longest list
// of nodes with their addresses.
func layOut(t *testing.T, a *app.App, s state, dir, nodes string) {
	t.Helper()
	spec, err := a.Expand(s.set)
	if err != nil {
		t.Fatal(err)
	}
	c, err := metadata.Build(spec, s.top)
	if err != nil {
		t.Fatal(err)
	}
	files := rendered(t, a, s.set, s.top)
	var list strings.Builder
	for i, n := range c.Nodes {
		name := fmt.Sprintf("n%d", i+1)
		fmt.Fprintln(&list, name, n.IP)
		for dest, text := range files[n.Name()] {
			put(t, a, filepath.Join(dir, name), dest, text)
		}
	}
	if old, _ := os.ReadFile(nodes); len(old) < list.Len() {
		write(t, nodes, list.String(), 0o644)
	}
}

// put writes a rendered file as confd would, with the mode and owner of its pair.
func put(t *testing.T, a *app.App, root, dest, text string) {
	t.Helper()
	file := filepath.Join(root, dest)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, file, text, 0o644)
	r := pairOf(t, a, dest)
	var mode os.FileMode
	if _, err := fmt.Sscanf(r.Mode, "%o", &mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(file, max(r.UID, 0), max(r.GID, 0)); err != nil {
		t.Fatal(err)
	}
}
