package validate_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// Paths in [[lint.ignore]] are those below the project, wherever lint was started.
func TestIgnoredPathsBelongToTheProject(t *testing.T) {
	manifest := "name = \"demo\"\n[[lint.ignore]]\nrule = \"told\"\npath = \"a/**\"\nreason = \"known\"\n"
	files := fstest.MapFS{
		"top/one/appimg.toml": {Data: []byte(manifest)}, "top/one/a/b/c.txt": {},
		"top/two/appimg.toml": {Data: []byte("name = \"two\"\n")}, "top/two/a/b/c.txt": {},
	}
	rule := validate.NewRule("told", validate.Info, "", func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
		for _, f := range p.Files() {
			if f.Rel == "a/b/c.txt" {
				r.At(diag.Pos{File: f.Path, Line: 1}, "told")
			}
		}
		return nil
	})
	result, err := validate.Run(t.Context(), "top", []validate.Rule{rule}, validate.Options{Files: app.Options{FS: files}})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Findings) != 1 || result.Findings[0].File != "two/a/b/c.txt" {
		t.Errorf("%+v", result.Findings)
	}
}
