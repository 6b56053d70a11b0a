package metadata_test

import (
	"path/filepath"
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
