package validate_test

import (
	"context"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// A baseline knows a finding by its rule, file and line's text, as often as it
// was there; it never grows.
func TestBaseline(t *testing.T) {
	at := func(rule string, line int) *validate.Finding {
		return &validate.Finding{Rule: rule, File: "a", Line: line}
	}
	text := map[int]string{1: "x = 1", 2: "  x = 1", 3: "y = 2"}
	line := func(f *validate.Finding) string { return text[f.Line%10] }
	b := validate.NewBaseline([]*validate.Finding{at("r", 1), at("r", 2), at("r", 3), at("s", 1)}, line)
	data, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if b, err = validate.ParseBaseline("b.json", data); err != nil {
		t.Fatal(err)
	}
	left, rest := b.Filter([]*validate.Finding{at("r", 11), at("r", 12), at("r", 2), at("t", 1)}, line)
	if len(left) != 2 || left[0].Line != 2 || left[1].Rule != "t" {
		t.Errorf("left over: %+v", left)
	}
	if len(rest.Findings) != 1 || rest.Findings[0].Count != 2 {
		t.Errorf("what remains: %+v", rest.Findings)
	}
	for _, bad := range []string{`{`, `{"version": 2}`} {
		if _, err := validate.ParseBaseline("b.json", []byte(bad)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

// FuzzBaseline reads any bytes: what can be read is written, and read again, the
// same; and no count lets pass more than it says.
func FuzzBaseline(f *testing.F) {
	f.Add([]byte(`{"version": 1, "findings": [{"rule": "a", "file": "f", "content": "x", "count": 2}]}`))
	f.Add([]byte(`{"version": 1, "findings": [{"rule": "a", "count": -9223372036854775808}, {"rule": "a", "count": -1}]}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := validate.ParseBaseline("b.json", data)
		if err != nil {
			return
		}
		out, err := b.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := validate.ParseBaseline("b.json", out); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		list := []*validate.Finding{{Rule: "a"}, {Rule: "a"}, {Rule: "a", File: "f"}}
		left, rest := b.Filter(list, func(*validate.Finding) string { return "" })
		passed := 0
		for _, e := range rest.Findings {
			passed += e.Count
		}
		if len(left)+passed != len(list) {
			t.Errorf("%d left, %d passed", len(left), passed)
		}
	})
}

// FuzzSuppressions reads comments of any form: a suppression without a reason
// never suppresses, and none is lost.
func FuzzSuppressions(f *testing.F) {
	f.Add("# appimg:ignore always it is meant\nx\n", "x.sh")
	f.Add(`{"//": "appimg:ignore always why"}`, "x.json")
	f.Add(`{"//": ["appimg:ignore always why", 1, "appimg:ignore"]}`, "x.json.mustache")
	f.Add("{{/* appimg:ignore always because */}}", "x.tmpl")
	f.Add("appimg:ignore", "x")
	f.Fuzz(func(t *testing.T, text, name string) {
		if !fs.ValidPath(name) || name == "." || strings.HasPrefix(name, "app/") {
			return
		}
		rule := validate.NewRule("always", validate.Error, "", func(_ context.Context, _ *validate.Package, r *validate.Reporter) error {
			r.At(diag.Pos{File: name, Line: 1}, "found")
			return nil
		})
		files := fstest.MapFS{"app/cluster.json.mustache": {Data: []byte(minimalCluster)}, name: {Data: []byte(text)}}
		r, err := validate.Run(t.Context(), ".", []validate.Rule{rule}, validate.Options{Files: app.Options{FS: files}})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Findings) == 0 && !strings.Contains(text, "appimg:ignore") {
			t.Error("the finding was suppressed by nothing")
		}
	})
}
