package persist_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist"
)

// A finding says which parameters bring it about, and no more than these.
func TestParametersAreNamed(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/shapes/parameters.txtar")
	if err != nil {
		t.Fatal(err)
	}
	result, err := validate.Run(context.Background(), unpack(t, archive, false), []validate.Rule{persist.Rule()}, validate.Options{Only: []string{persist.ID}})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/var/log/mysql/slow.log":       `(rendered with slow_log = "true": slow_query_log_file = /var/log/mysql/slow.log)`,
		"/opt/audit/a.log":              `(rendered with audit = "true", mode = "sharded": server_audit_file_path = /opt/audit/a.log)`,
		"/var/log/app/debug.log":        `(rendered with debug = "yes")`,
		"/var/log/mysql/error-info.log": `(rendered: log_error = /var/log/mysql/error-info.log)`,
	} {
		i := slices.IndexFunc(result.Findings, func(f *validate.Finding) bool { return f.Path == path })
		if i < 0 {
			t.Errorf("%s: not found", path)
		} else if m := result.Findings[i].Message; !strings.Contains(m, want) {
			t.Errorf("%s: %s\ndoes not say %s", path, m, want)
		}
	}
}
