package metadata_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/metadata"
)

// Every published app of the reference material becomes a cluster.
func TestPublishedApps(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(testneed.Shared(t, "corpus"), "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if filepath.Ext(dir) != "" {
			continue // README.md, *.jsonl
		}
		apps, err := app.Discover(t.Context(), dir, app.Options{})
		if err != nil {
			t.Errorf("%s: %v", dir, err)
		}
		for _, a := range apps {
			spec, err := a.Expand(nil)
			if err != nil {
				t.Errorf("%s: %v", a.ClusterFile, err)
				continue
			}
			c, err := metadata.Build(spec, metadata.Topology{AllLinks: true})
			if err != nil {
				t.Errorf("%s: %v", a.ClusterFile, err)
				continue
			}
			for _, n := range c.Nodes {
				checkLeaves(t, a.ClusterFile+": "+n.Name(), c.Self(n))
			}
		}
	}
}

// checkLeaves wants strings at the end of every path, and no empty level.
func checkLeaves(t *testing.T, path string, v any) {
	t.Helper()
	switch v := v.(type) {
	case string:
	case map[string]any:
		for k, below := range v {
			checkLeaves(t, path+"/"+k, below)
		}
	default:
		t.Errorf("%s is a %T", path, v)
	}
}

// What real apps' nodes see is what the reference material says they see:
// parameters, sizes, command.
func TestViewsOfPublishedApps(t *testing.T) {
	corpus, real := testneed.Shared(t, "corpus"), testneed.Shared(t, "realapps")
	files, err := filepath.Glob(filepath.Join(real, "*", "*", "*", "*", "self.json"))
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, file := range files {
		rel, err := filepath.Rel(real, file)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(filepath.ToSlash(rel), "/") // app, package, set, role, self.json
		c := clusterAt(t, filepath.Join(corpus, parts[0], strings.ReplaceAll(parts[1], "-", "/")))
		name := strings.Trim(parts[3], "_") + "/1"
		n, err := c.Find(name)
		if err != nil {
			t.Errorf("%s: %v", rel, err)
			continue
		}
		var want map[string]any
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		self := c.Self(n)
		if !reflect.DeepEqual(self["env"], want["env"]) {
			t.Errorf("%s: env\n%v, want\n%v", rel, self["env"], want["env"])
		}
		host, wantHost := self["host"].(map[string]any), want["host"].(map[string]any)
		for _, key := range []string{"cpu", "gpu", "memory", "volume_size", "volume_class", "instance_class", "role"} {
			if host[key] != wantHost[key] {
				t.Errorf("%s: host/%s is %v, want %v", rel, key, host[key], wantHost[key])
			}
		}
		if got, want := self["cmd"].(map[string]any)["cmd"], want["cmd"].(map[string]any)["cmd"]; got != want {
			t.Errorf("%s: cmd %v, want %v", rel, got, want)
		}
		compared++
	}
	if compared < 30 {
		t.Errorf("only %d views compared", compared)
	}
}

// clusterAt is the cluster of the app whose cluster.json.mustache is in dir,
// with at least one node of each role.
func clusterAt(t *testing.T, dir string) *metadata.Cluster {
	t.Helper()
	a, err := app.Open(t.Context(), dir, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	spec, err := a.Expand(nil)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, r := range spec.Roles {
		counts[r.Name] = max(1, r.Count)
	}
	c, err := metadata.Build(spec, metadata.Topology{Counts: counts})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
