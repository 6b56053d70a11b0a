package confd_test

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
)

func TestTemplateErrors(t *testing.T) {
	doc := map[string]any{"env": map[string]any{"port": "1", "ports": "2"}}
	for _, c := range []struct{ text, want, expr, key string }{
		{"日本\n日本 {{getv \"/env/prt\"}}", `d/t.tmpl:2:6: {{getv "/env/prt"}}: key does not exist: /env/prt`, `getv "/env/prt"`, "/env/prt"},
		{`{{getv (printf "/env/%s>: 50%%" "x")}}`, `d/t.tmpl:1:3: {{getv (printf "/env/%s>: 50%%" "x")}}: key does not exist: /env/x>: 50%`, `getv (printf "/env/%s>: 50%%" "x")`, "/env/x>: 50%"},
		{`{{define "a"}}` + "\n" + `{{add 1 .}}{{end}}{{template "a" "x"}}`, `d/t.tmpl:2:3: {{add 1 .}}: Can't apply the operator to the value [x] ,err [strconv.ParseInt: parsing "x": invalid syntax]`, "add 1 .", ""},
		{`{{if gt 1 0}}{{toUpper 5}}{{end}}`, `d/t.tmpl:1:24: {{5}}: expected string; found 5`, "5", ""},
		{`{{range gets "/env/*"}}{{.Nope}}{{end}}`, `d/t.tmpl:1:26: {{.Nope}}: can't evaluate field Nope in type memkv.KVPair`, ".Nope", ""},
		{`{{template "nope"}}`, `d/t.tmpl:1:12: {{template "nope"}}: template "nope" not defined`, `template "nope"`, ""},
		{"x\n{{bogus 1}}", `d/t.tmpl:2:3: function "bogus" not defined`, "", ""},
		{"x\n  {{getv \"/a\"", `d/t.tmpl:2:3: unclosed action`, "", ""},
		{"x\n  {{if 1}}\n", `d/t.tmpl:3:1: unexpected EOF`, "", ""},
		{"{{$y}}", `d/t.tmpl:1:3: undefined variable "$y"`, "", ""},
		{"{{1}} {{end}}", `d/t.tmpl:1:7: unexpected {{end}}`, "", ""},
		{"{{range 1}}{{else if 1}}{{end}}", `d/t.tmpl:1:19: unexpected <if> in input`, "", ""},
	} {
		tmpl, err := confd.ParseTemplate("d/t.tmpl", c.text, nil)
		if err == nil {
			err = tmpl.Render(io.Discard, store(t, doc))
		}
		var te *confd.TemplateError
		if !errors.As(err, &te) {
			t.Errorf("%s: %v is no TemplateError", c.text, err)
			continue
		}
		if err.Error() != c.want && !strings.HasPrefix(err.Error(), c.want) || te.Expr != c.expr || te.Key != c.key {
			t.Errorf("%s:\ngot  %v (%q %q)\nwant %s", c.text, err, te.Expr, te.Key, c.want)
		}
		if diag.PosOf(err) != te.Pos {
			t.Errorf("%s: PosOf is %v", c.text, diag.PosOf(err))
		}
	}
}

func TestHintsOfTemplateErrors(t *testing.T) {
	doc := map[string]any{"env": map[string]any{"port": "1", "ports": "2"}, "x": "y"}
	for _, c := range []struct {
		text string
		keys []string
		want []string
	}{
		{`{{getv "/env/prt"}}`, []string{"/env"}, []string{"keys that exist: /env/port, /env/ports"}},
		{`{{getv "/cluster/cluster_id"}}`, []string{"/env", "x/"}, []string{`the resource's keys ["/env" "/x"] do not cover it`}},
		{`{{getv "/env/something/else"}}`, []string{"/env"}, nil},
		{`{{toUper "x"}}`, nil, []string{"did you mean toUpper?"}},
		{`{{frobnicate "x"}}`, nil, nil},
	} {
		tmpl, err := confd.ParseTemplate("t.tmpl", c.text, nil)
		if err == nil {
			s, loadErr := confd.LoadStore(t.Context(), confd.TreeSource("/self", doc), "/self", c.keys)
			mustDo(t, loadErr)
			err = tmpl.Render(io.Discard, s)
		}
		if got := diag.Hints(err); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v: hints %q, want %q", c.text, err, got, c.want)
		}
	}
}
