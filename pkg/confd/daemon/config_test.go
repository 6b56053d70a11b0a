package daemon

import (
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/internal/testneed"
)

// configOf is the configuration of a command line and a confd.toml, if toml
// is not empty.
func configOf(t testing.TB, toml string, args ...string) (*Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "confd.toml")
	if err := os.WriteFile(file, []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	inv, err := parseArgs(append(args, "-config-file", file), io.Discard)
	if err != nil {
		return nil, err
	}
	return inv.config()
}

const platformToml = `backend = "metad"
confdir = "/opt/confd"
log-level = "debug"
interval = 60
nodes = [
  "10.0.0.2:80", # a comment
  "10.0.0.3:80",
]
prefix = "/self"
scheme = "http"
watch = true
noop = false
srv_domain = "unknown to metad"
client_cert = 7
[more]
watch = "not ours"
`

func TestConfig(t *testing.T) {
	t.Parallel()
	base := Config{Interval: 10 * time.Minute, ConfDir: "/etc/confd", Backend: "metad", LogLevel: "info", Scheme: "http"}
	platform := Config{
		Watch: true, Interval: time.Minute, ConfDir: "/opt/confd", Backend: "metad", LogLevel: "debug", Scheme: "http",
		Nodes: []string{"10.0.0.2:80", "10.0.0.3:80"}, Prefix: "/self",
	}
	with := func(c Config, f func(*Config)) Config {
		f(&c)
		return c
	}
	tests := []struct {
		name string
		toml string
		args string
		want Config
	}{
		{"defaults", "", "", base},
		{"the platform's file", platformToml, "", platform},
		{"flags win", platformToml, "-prefix= -node a:80 --node=b:80 -watch=false --interval 5 -confdir /c -log-level error --scheme https", Config{
			Interval: 5 * time.Second, ConfDir: "/c", Backend: "metad", LogLevel: "error", Scheme: "https", Nodes: []string{"a:80", "b:80"},
		}},
		{"one or two dashes", "", "-onetime --sync-only -noop --keep-stage-file --backend metad", with(base, func(c *Config) {
			c.Onetime, c.SyncOnly, c.Noop, c.KeepStageFile = true, true, true, true
		})},
		{"an empty backend", `backend = ""`, "", with(base, func(c *Config) { c.Backend = "" })},
		{"names in any case", "Watch = true\nPREFIX = \"/x\"\n", "", with(base, func(c *Config) { c.Watch, c.Prefix = true, "/x" })},
		{"no interval is needed to watch", "interval = 0", "-watch", with(base, func(c *Config) { c.Watch, c.Interval = true, 0 })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := configOf(t, tt.toml, strings.Fields(tt.args)...)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(*got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", *got, tt.want)
			}
		})
	}
}

func TestConfigRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ toml, args, want string }{
		{"", "-backend etcd", `backend "etcd"`},
		{`backend = "consul"`, "", `backend "consul"`},
		{"watch = ", "", "confd.toml:1:"},
		{"prefix = \"/self\"\nwatch = \"yes\"", "", "confd.toml:2:"},
		{"nodes = \"metadata:80\"", "", "confd.toml:1:"},
		{"nodes = [1, 2]", "", "confd.toml:1:"},
		{"interval = 1.5", "", "confd.toml:1:"},
		{"", "-interval 0", "interval 0"},
		{"interval = -3", "", "interval -3"},
		{"", "-interval x", "invalid value"},
		{"", "-nonsense", "-nonsense"},
	}
	for _, tt := range tests {
		_, err := configOf(t, tt.toml, strings.Fields(tt.args)...)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q %q: %v; want something about %q", tt.toml, tt.args, err, tt.want)
		}
	}
	inv, err := parseArgs([]string{"-config-file", filepath.Join(t.TempDir(), "none.toml")}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := inv.config(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a configuration that is not there: %v", err)
	}
}

func TestHelpAndDocsNameEveryFlag(t *testing.T) {
	t.Parallel()
	docs, err := os.ReadFile(filepath.Join(testneed.ModuleRoot(t), "docs", "confd.md"))
	if err != nil {
		t.Fatal(err)
	}
	var help strings.Builder
	if _, err := parseArgs([]string{"-help"}, &help); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	inv := defaults()
	for name := range inv.settings() {
		if !strings.Contains(string(docs), "| `"+name+"` |") {
			t.Errorf("%s of confd.toml is not in docs/confd.md", name)
		}
	}
	for _, name := range strings.Fields("onetime watch interval noop sync-only confdir config-file backend node prefix log-level keep-stage-file version scheme") {
		if !strings.Contains(help.String(), "-"+name) {
			t.Errorf("-%s is not in the help", name)
		}
		if !strings.Contains(string(docs), "| `-"+name+"`") {
			t.Errorf("-%s is not in docs/confd.md", name)
		}
	}
}

func FuzzConfigFile(f *testing.F) {
	for _, seed := range []string{platformToml, "", "watch = ", "nodes = [[\"a\"]]", "[a", "\xef\xbb\xbfwatch = true", "a.b = 1", "nodes = [\"a\", 1]", "interval = 99999999999999999999"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		inv := defaults()
		if err := inv.merge("confd.toml", data); err != nil && !strings.Contains(err.Error(), "confd.toml") {
			t.Errorf("the error does not say where: %v", err)
		}
	})
}
