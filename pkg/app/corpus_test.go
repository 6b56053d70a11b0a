package app_test

import (
	"path/filepath"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/app"
)

// Every published app of the reference material opens, expands and has roles.
func TestPublishedApps(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(testneed.Shared(t, "corpus"), "*"))
	if err != nil {
		t.Fatal(err)
	}
	apps := 0
	for _, dir := range dirs {
		if filepath.Ext(dir) != "" {
			continue // README.md, *.jsonl
		}
		found, err := app.Discover(t.Context(), dir, app.Options{})
		if err != nil {
			t.Errorf("%s: %v", dir, err)
		}
		for _, a := range found {
			apps++
			spec, err := a.Expand(nil)
			if err != nil {
				t.Errorf("%v", err)
				continue
			}
			if len(spec.Roles) == 0 {
				t.Errorf("%s has no roles", a.ClusterFile)
			}
			for _, img := range a.Images {
				resources, err := img.Resources()
				if err != nil || len(resources) == 0 {
					t.Errorf("%s: %d resources, %v", img.ConfD, len(resources), err)
				}
				templates, err := img.TemplateFiles()
				if err != nil || len(templates) == 0 {
					t.Errorf("%s: %d templates, %v", img.ConfD, len(templates), err)
				}
			}
		}
	}
	if apps < 15 {
		t.Errorf("only %d apps", apps)
	}
}
