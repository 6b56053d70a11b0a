package validate_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
)

// How many apps there are is said before the first is looked at.
func TestFoundIsToldFirst(t *testing.T) {
	manifest := &fstest.MapFile{Data: []byte("name = \"demo\"\n")}
	two := fstest.MapFS{"one/appimg.toml": manifest, "two/appimg.toml": manifest}
	looked := 0
	rule := validate.NewRule("counts", validate.Info, "", func(context.Context, *validate.Package, *validate.Reporter) error {
		looked++
		return nil
	})
	told := 0
	found := func(n int) {
		if told += n; looked > 0 {
			t.Error("told too late")
		}
	}
	if _, err := validate.Run(t.Context(), ".", []validate.Rule{rule}, validate.Options{Files: app.Options{FS: two}, Found: found}); err != nil {
		t.Fatal(err)
	}
	if told != 2 || looked != 2 {
		t.Errorf("%d apps were told of, %d looked at", told, looked)
	}
}
