package app_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/app"
)

func TestExpand(t *testing.T) {
	in(t, small)
	spec := expand(t, map[string]string{"env.web.console.enabled": "false", "cluster.node.memory": "4096"})
	r := spec.Role("")
	if r.Count != 3 || r.CPU != 2 || r.Memory != 4096 || r.Volume.Size != 160 {
		t.Errorf("role %+v, volume %+v", r, r.Volume)
	}
	if !reflect.DeepEqual(r.Volume.Mounts, []string{"/data"}) || r.Volume.Class != -1 {
		t.Errorf("volume %+v", r.Volume)
	}
	env := map[string]string{}
	for _, p := range spec.Env {
		env[p.Key] = p.Value
	}
	if env["port"] != "6379" || env["web.console.enabled"] != "false" || !strings.HasPrefix(env["password"], "Passw0rd-") {
		t.Errorf("env %q", env)
	}
	// Nothing is said of the network and of secrets, which every app leaves to the user.
	if len(spec.Notes) != 0 {
		t.Errorf("notes %q", spec.Notes)
	}
	if again := expand(t, map[string]string{"cluster.node.memory": "4096"}); again.VxNet != spec.VxNet || again.VxNet == "" {
		t.Errorf("vxnet %q and %q", spec.VxNet, again.VxNet)
	}
}

// Places are those in the .mustache file, of what stands there.
func TestExpandKeepsPlaces(t *testing.T) {
	in(t, small)
	spec := expand(t, nil)
	const file = "app/cluster.json.mustache"
	for _, c := range []struct{ got, want string }{
		{spec.Doc.Get("nodes", "0", "volume", "size").Pos.String(), file + ":10:24"},
		{spec.Doc.Get("nodes", "0", "volume", "size").Expr, "{{cluster.node.memory}} * 4 / 1024 * 10"},
		{spec.Doc.Get("nodes", "0", "count").Pos.String(), file + ":7:14"},
		{spec.Role("").Services["start"].CmdPos.String(), file + ":11:35"},
		{spec.Env[1].Pos.String(), file + ":15:5"},
		{spec.Env[1].Property.Path, "env.web.console.enabled"},
		{spec.Property(spec.Doc.Get("env", "port")).Pos.String(), "app/config.json:11:13"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
	if !spec.Env[2].Secret() || spec.Env[0].Secret() {
		t.Error("only the password is a secret")
	}
}

func TestSet(t *testing.T) {
	in(t, small)
	for _, c := range []struct {
		key, value string
		want       []string
	}{
		{"env.prot", "1", []string{`app/config.json has no property "env.prot"`, `hint: did you mean "env.port"?`}},
		{"env", "1", []string{`property "env" of app/config.json is a group, not a value`}},
		{"env.port", "abc", []string{`setting "env.port" to "abc": the property is of type integer`}},
		{"env.port", "1.5", []string{`the property is of type integer`}},
		{"env.web.console.enabled", "yes", []string{`true or false`}},
		{"nothing.like.it", "1", []string{"hint: add the property to app/config.json"}},
	} {
		_, err := open(t, ".").Expand(map[string]string{c.key: c.value})
		wantError(t, err, c.want...)
	}
	spec := expand(t, map[string]string{"env.password": "12345", "cluster.name": `a"b`})
	if spec.Env[2].Value != "12345" || spec.Name != `a"b` {
		t.Errorf("password %q, name %q", spec.Env[2].Value, spec.Name)
	}
}

// evaluated is the value of {{…}} or arithmetic in a document of its own.
func evaluated(t *testing.T, config, expr string) (string, error) {
	t.Helper()
	in(t, "-- config.json --\n{\"properties\": ["+config+"]}\n-- cluster.json.mustache --\n"+
		`{"x": `+expr+`, "nodes": [{"count": 1}]}`+"\n")
	spec, err := open(t, ".").Expand(nil)
	if err != nil {
		return "", err
	}
	return spec.Doc.Get("x").Text, nil
}

func TestExpressions(t *testing.T) {
	const config = `{"key": "a", "type": "integer", "default": 7}, {"key": "a.b", "type": "integer", "default": 8},
		{"key": "g", "properties": [{"key": "b.c", "type": "string", "default": "deep"}]},
		{"key": "s", "type": "string", "default": "text"}, {"key": "big", "type": "number", "default": 1e308}`
	for expr, want := range map[string]string{
		`{{a}}`: "7", `{{a.b}}`: "8", `{{g.b.c}}`: "deep", `{{a}} + {{a.b}} * 2`: "23", `({{a}} + {{a.b}}) * 2`: "30",
		`{{a}} / 2`: "3.5", `-{{a}}`: "-7", `10 - 2 - 3`: "5", `0.1 + 0.2`: "0.30000000000000004", `2 * 3`: "6",
		`"{{a}} and {{ a.b }}"`: "7 and 8", `"{{.Names}} {{"`: "{{.Names}} {{", `1e2`: "1e2",
	} {
		if got, err := evaluated(t, config, expr); err != nil || got != want {
			t.Errorf("%s = %s (%v), want %s", expr, got, err, want)
		}
	}
	for expr, want := range map[string]string{
		`{{b}}`:        `cluster.json.mustache:1:7: config.json has no property "b"`,
		`1 + {{s}}`:    `cluster.json.mustache:1:11: arithmetic over {{s}}, whose value is a string`,
		`{{a}} / 0`:    `cluster.json.mustache:1:13: division by zero`,
		`{{big}} * 10`: `cluster.json.mustache:1:15: the result is too great`,
		`1 * 1e999`:    `too great`,
		`"{{s}}"`:      `cluster.json.mustache:1:7: {{s}} inside a string: its value is a string, which brings its own quotes`,
		`{{g}}`:        `property "g" of config.json is a group`,
	} {
		_, err := evaluated(t, config, expr)
		wantError(t, err, `evaluating "cluster.json.mustache": `, want)
	}
}

func TestStandIns(t *testing.T) {
	for property, want := range map[string]string{
		`{"key": "v", "type": "integer", "range": [4, 8]}`:          "4",
		`{"key": "v", "type": "integer", "min": 3}`:                 "3",
		`{"key": "memory", "type": "integer"}`:                      "1024",
		`{"key": "v", "type": "number", "required": "yes"}`:         "1",
		`{"key": "v", "type": "boolean"}`:                           "false",
		`{"key": "v", "type": "string"}`:                            "",
		`{"key": "v.w", "type": "string", "required": "yes"}`:       "v-w",
		`{"key": "v", "type": "service"}`:                           "cl-4c94485e",
		`{"key": "v", "type": "string", "default": null}`:           "",
		`{"key": "v", "type": "string", "default": "", "range":[]}`: "",
	} {
		key := strings.Split(property, `"`)[3]
		if got, err := evaluated(t, property, "{{"+key+"}}"); err != nil || got != want {
			t.Errorf("%s: %q (%v), want %q", property, got, err, want)
		}
	}
}

const roles = `
-- config.json --
{"properties": [
  {"key": "env", "properties": [
    {"key": "port", "type": "integer", "default": 1},
    {"key": "words", "type": "string", "multichoice": true, "separator": ";", "default": ["a", "b"]},
    {"key": "slave", "properties": [{"key": "port", "type": "integer", "default": 2}]},
    {"key": "key", "type": "accesskey", "default": "AKID"}]},
  {"key": "zk", "type": "service", "default": "", "required": "yes"},
  {"key": "db", "type": "service", "default": "", "required": "no"}]}
-- cluster.json.mustache --
{
  "name": "n", "links": {"zk": {{zk}}, "db": {{db}}},
  "nodes": [{
    "role": "master", "count": 2, "replica": 2,
    "container": {"type": "kvm", "zone": "pek3", "image": "img-1"},
    "volume": {"size": 10, "class": 200, "mount_point": ["/data", "/log/"], "filesystem": "xfs"},
    "services": {
      "init": {"cmd": "init", "post_start_service": true},
      "destroy": {"cmd": "d", "order": 2, "timeout": 86400, "nodes_to_execute_on": 1, "allow_force": true, "post_stop_service": true},
      "flush": {"type": "custom", "cmd": "flush", "service_params": {"port": {{env.port}}}}},
    "health_check": {"enable": true, "interval_sec": 60, "check_cmd": "check"},
    "custom_metadata": {"cmd": "meta"},
    "passphraseless": "ssh-rsa", "server_id_upper_bound": 9, "agent_installed": false,
    "reserved_ips": {"vip": {"value": ""}}
  }, {
    "role": "slave", "count": 0, "user_access": true, "volume": {"mount_point": "d:"},
    "container": {"type": "kvm", "image": "img-1"}, "env": {"port": {{env.slave.port}}}
  }],
  "env": {"port": {{env.port}}, "words": {{env.words}}, "key": {{env.key}}, "fixed": null},
  "endpoints": {
    "a": {"port": "env.port", "protocol": "tcp"}, "b": {"port": "slave.env.port"}, "c": {"port": "master.env.prot"},
    "reserved_ips": {"vip": {"value": ""}}},
  "metadata_root_access": true, "monitor": {"enable": true, "cmd": "m"}, "advanced_actions": ["scale_horizontal"], "unheard_of": [1]
}
`

func TestSpec(t *testing.T) {
	in(t, roles)
	spec := expand(t, nil)
	if got := spec.RoleNames(); !reflect.DeepEqual(got, []string{"master", "master-replica", "slave"}) {
		t.Errorf("roles %q", got)
	}
	m, replica, s := spec.Roles[0], spec.Roles[1], spec.Roles[2]
	if !replica.IsReplica || replica.ReplicaOf != "master" || replica.Count != 4 || m.IsReplica || m.Replica != 2 {
		t.Errorf("replica %+v", replica)
	}
	if v := m.Volume; v.Class != 200 || v.Filesystem != "xfs" || !reflect.DeepEqual(v.Mounts, []string{"/data", "/log/"}) || v.MountPos[1].Line != 6 {
		t.Errorf("volume %+v", v)
	}
	if d := m.Services["destroy"]; d.Order != 2 || d.Timeout != 86400 || d.NodesToExecuteOn != 1 || !d.AllowForce || !d.PostStopService {
		t.Errorf("destroy %+v", d)
	}
	if f := m.Services["flush"]; !f.Custom || f.Timeout != 600 || len(f.Params) != 1 || f.Params[0].Value != "1" {
		t.Errorf("flush %+v", f)
	}
	if !m.Services["init"].PostStartService || m.CustomMetadata.Cmd != "meta" || m.AgentInstalled || !s.AgentInstalled || m.HealthCheck.IntervalSec != 60 {
		t.Errorf("master %+v", m)
	}
	if !s.UserAccess || !s.HasEnv || s.Count != 0 || s.Volume.Mounts[0] != "d:" || s.Container.Pos.Line != 17 {
		t.Errorf("slave %+v", s)
	}
	if spec.EnvOf(s)[0].Value != "2" || spec.EnvOf(m)[1].Value != "a;b" || spec.EnvOf(m)[2].Sub["access_key_id"] != "AKID" || spec.EnvOf(m)[3].Value != "" {
		t.Errorf("env %+v", spec.Env)
	}
	ports := []string{spec.Endpoints[0].Port, spec.Endpoints[1].Port, spec.Endpoints[2].Port}
	if !reflect.DeepEqual(ports, []string{"1", "2", "master.env.prot"}) || spec.ReservedIPs[0].Name != "vip" || m.ReservedIPs[0].Name != "vip" {
		t.Errorf("endpoints %+v", spec.Endpoints)
	}
	if len(spec.Links) != 2 || !spec.Links[0].Required || spec.Links[1].Required || !spec.MetadataRootAccess || spec.Monitor.Cmd != "m" {
		t.Errorf("links %+v", spec.Links)
	}
	if len(spec.Notes) != 1 || !strings.Contains(spec.Notes[0], `port "master.env.prot" names no parameter`) {
		t.Errorf("notes %q", spec.Notes)
	}
	if spec.Doc.Get("unheard_of", "0").Text != "1" {
		t.Error("an unknown key is lost")
	}
}

func TestSpecFaults(t *testing.T) {
	for doc, want := range map[string]string{
		`[]`:                                    "1:1: the document is no object",
		`{}`:                                    `1:1: no "nodes"`,
		`{"nodes": []}`:                         `1:11: "nodes" has no role`,
		`{"nodes": [1]}`:                        "1:12: a role is an object",
		`{"nodes": [{}]}`:                       `1:12: no "count"`,
		`{"nodes": [{"count": "x"}]}`:           `1:22: "count" is x, not a number of nodes`,
		`{"nodes": [{"count": -1}]}`:            `1:22: "count" is -1`,
		`{"nodes": [{"count": 1e12}]}`:          `1:22: "count" is 1e12`,
		`{"nodes": [{"count":1,"replica":[]}]}`: `1:33: "replica" is a list`,
		`{"nodes": [{"count": 1, "role": "a"}, {"count": 1}]}`:              `1:39: no "role"`,
		`{"nodes": [{"count": 1, "role": "a"}, {"count": 1, "role": "a"}]}`: `1:60: a second role "a"`,
		`{"nodes": [{"count": 1},]}`:                                        `1:24: a comma before the closing ']'`,
		"\xef\xbb\xbf{}":                                                    `1:1: the file begins with a byte order mark (BOM)`,
		"{\"name\": \"\xe9\"}":                                              `1:11: byte 0xe9 is not UTF-8`,
		`{"nodes": [{"count": {{n}}}]}`:                                     `variable "n" needs a config.json beside cluster.json.mustache`,
	} {
		in(t, "")
		write(t, "cluster.json.mustache", doc)
		_, err := open(t, ".").Expand(nil)
		wantError(t, err, `evaluating "cluster.json.mustache": `, want)
	}
}

func TestExpandWithBrokenConfig(t *testing.T) {
	in(t, "-- config.json --\n{\"properties\": [\n  {\"key\": \"a\"},\n]}\n-- cluster.json.mustache --\n{\"nodes\": [{\"count\": 1}]}\n")
	_, err := open(t, ".").Expand(nil)
	wantError(t, err, `parsing "config.json": config.json:2:15: a comma before the closing ']'`)
}

func TestExpandIsSharedSafely(t *testing.T) {
	in(t, small)
	a := open(t, ".")
	done := make(chan *app.Spec)
	for range 4 {
		go func() {
			spec, _ := a.Expand(map[string]string{"cluster.node.count": "5"})
			done <- spec
		}()
	}
	for range 4 {
		if spec := <-done; spec == nil || spec.Roles[0].Count != 5 {
			t.Error("one of four at once went wrong")
		}
	}
	if spec := expand(t, nil); spec.Roles[0].Count != 3 {
		t.Error("what was set stayed")
	}
}

func TestExpandIsBounded(t *testing.T) {
	list := strings.Repeat("1,", 1000) + "1"
	refs := strings.Repeat("{{a}},", 2000) + "{{a}}"
	in(t, "-- config.json --\n{\"properties\": [{\"key\": \"a\", \"type\": \"array\", \"default\": ["+list+"]}]}\n-- cluster.json.mustache --\n{\"x\": ["+refs+"]}\n")
	_, err := open(t, ".").Expand(nil)
	wantError(t, err, "the document grows beyond 1048576 values")
}

func FuzzExpand(f *testing.F) {
	f.Add(`{"properties": [{"key": "a", "type": "integer", "default": 1}]}`, `{"nodes": [{"count": {{a}} * 2, "role": "r", "replica": 1, "env": {"x": "{{a}}"}}]}`, "a", "3")
	f.Add(`{"properties": [{"key": "e", "properties": {"key": "a.b"}}]}`, `{"nodes": {"count": {{e.a.b}}, "volume": {"mount_point": []}}}`, "e.a.b", "1")
	dir := f.TempDir()
	if err := os.WriteFile(dir+"/appimg.toml", nil, 0o644); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, config, cluster, key, value string) {
		o := app.Options{Overlay: map[string][]byte{dir + "/app/config.json": []byte(config), dir + "/app/cluster.json.mustache": []byte(cluster)}}
		a, err := app.Open(t.Context(), dir, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, set := range []map[string]string{nil, {key: value}} {
			if spec, err := a.Expand(set); err == nil && len(spec.Roles) == 0 {
				t.Fatal("no roles and no error")
			}
		}
	})
}
