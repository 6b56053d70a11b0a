package agent_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/confd"
)

// The cmd.info pair, rendered by the engine that goes into images: "<id>:<cmd>"
// where the scheduler has sent a command, and nothing but blanks where not.
func TestCommandInfoPair(t *testing.T) {
	files := map[string]agent.File{}
	for _, f := range agent.New("test", "amd64", nil).Files() {
		files[f.Path] = f
	}
	toml := files["/etc/confd/conf.d/cmd.info.toml"]
	r, err := confd.ParseResource(toml.Path, toml.Data)
	if err != nil {
		t.Fatal(err)
	}
	if r.Dest != "/opt/qingcloud/app-agent/log/cmd.info" || r.ReloadCmd != agent.ExecPath || len(r.Keys) != 1 || r.Keys[0] != "/" || len(r.Unknown()) > 0 {
		t.Errorf("%+v", r)
	}
	tmpl, ok := files[filepath.Join("/etc/confd/templates", r.Src)]
	if !ok {
		t.Fatalf("no template %q", r.Src)
	}
	template, err := confd.ParseTemplate(tmpl.Path, string(tmpl.Data), confd.LocalMachine())
	if err != nil {
		t.Fatal(err)
	}
	cmd := map[string]any{"id": "job-1", "cmd": `echo "a:b" && exit 0`, "timeout": "600"}
	for _, c := range []struct {
		name, prefix string
		doc          any
		want         string
	}{
		{"a command", "/self", map[string]any{"cmd": cmd}, `job-1:echo "a:b" && exit 0`},
		{"none yet", "/self", map[string]any{"host": map[string]any{"ip": "10.0.0.1"}}, ""},
		{"not registered yet", "/self", confd.NotFound(), ""},
		{"root access", "/", map[string]any{"self": map[string]any{"cmd": cmd}, "clusters": map[string]any{"cl-1": map[string]any{"x": "y"}}}, `job-1:echo "a:b" && exit 0`},
		{"root access, none", "/", map[string]any{"self": map[string]any{}, "clusters": map[string]any{}}, ""},
	} {
		s, err := confd.LoadStore(context.Background(), confd.TreeSource(c.prefix, c.doc), c.prefix, r.Keys)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var out strings.Builder
		if err := template.Render(&out, s); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := strings.TrimSpace(out.String()); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
