package schemas_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/rules"
)

type object = map[string]any
type list = []any

// breakage is a change that a schema refuses, and that a rule finds.
type breakage struct {
	path  string
	value any // nil: what is there is removed
	rule  string
}

func configBreakages() []breakage {
	const web, port = "properties/0/properties/3/properties/", "properties/1/properties/0/"
	return []breakage{
		{"properties/0/key", "clusters", "config-property"},
		{"properties/0/properties/0", nil, "config-property"},
		{"properties/0/properties/1", nil, "config-property"},
		{"properties/0/properties/2", nil, "config-property"},
		{web + "0/type", nil, "config-property"},
		{web + "0/type", "int", "config-property"},
		{web + "0/required", true, "config-property"},
		{web + "0/required", "maybe", "config-property"},
		{port + "key", "the port", "config-property"},
		{"properties/1/properties/+", object{"key": "web", "type": "array", "properties": list{
			object{"key": "a b", "type": "string", "default": "", "required": "no"},
		}}, "config-property"},
		{"properties/1/properties/+", object{"key": "free", "type": "string", "required": "no"}, "config-property"},
		{port + "default", "8080", "default-out-of-range"},
		{port + "default", 1024.5, "default-out-of-range"},
		{"properties/1/properties/+", object{"key": "on", "type": "boolean", "default": "true", "required": "no"}, "default-out-of-range"},
		{"properties/1/properties/+", object{"key": "ratio", "type": "number", "default": "0.5", "required": "no"}, "default-out-of-range"},
		{"properties/1/properties/+", object{"key": "word", "type": "string", "default": 5, "required": "no"}, "default-out-of-range"},
		{"properties/1/properties/+", object{"key": "secret", "type": "password", "default": 5, "required": "no"}, "default-out-of-range"},
		{web + "0/range", list{1, "2"}, "default-out-of-range"},
		{"properties/0/properties/0/range", list{"demo", 2}, "default-out-of-range"},
	}
}

func clusterBreakages() []breakage {
	const node = "nodes/0/"
	custom := func(names ...string) object {
		services := object{}
		for _, n := range names {
			services[n] = object{"cmd": "true"}
		}
		return services
	}
	second := object{"count": 1, "container": object{"type": "docker", "image": "dockerhub.qingcloud.com/a/b:1"}}
	items := object{}
	for i := range 51 {
		items[fmt.Sprint("i", i)] = object{"unit": ""}
	}
	tabs := object{}
	for i := range 6 {
		tabs[fmt.Sprint("t", i)] = object{"cmd": "true"}
	}
	return []breakage{
		{"name", nil, "cluster-key-missing"},
		{"description", nil, "cluster-key-missing"},
		{"vxnet", nil, "cluster-key-missing"},
		{"nodes", nil, "cluster-key-missing"},
		{"nodes/+", second, "cluster-key-missing"}, // no role
		{node + "count", nil, "cluster-key-missing"},
		{node + "container", nil, "cluster-key-missing"},
		{node + "container/type", nil, "cluster-key-missing"},
		{node + "container/image", nil, "cluster-key-missing"},
		{node + "container/zone", nil, "cluster-key-missing"},
		{node + "services/start/cmd", nil, "cluster-key-missing"},
		{node + "container/type", "vm", "cluster-value"},
		{node + "container/type", "lxc", "container-image"},
		{node + "container/image", "ubuntu:24.04", "container-image"},
		{node + "container/image", "img-1", "container-image"},
		{node + "container", object{"type": "docker", "image": "img-abcd1234"}, "container-image"},
		{node + "container", object{"type": "docker", "image": ""}, "container-image"},
		{node + "count", 0, "cluster-value"},
		{node + "count", -1, "cluster-value"},
		{node + "count", "two", "cluster-value"},
		{node + "cpu", 3, "cluster-value"},
		{node + "memory", 1000, "cluster-value"},
		{node + "gpu", 3, "cluster-value"},
		{node + "replica", -1, "cluster-value"},
		{node + "replica", 1.5, "cluster-value"},
		{node + "server_id_upper_bound", -1, "cluster-value"},
		{node + "passphraseless", "ssh-ed25519", "cluster-value"},
		{node + "vertical_scaling_policy", "random", "cluster-value"},
		{node + "volume/size", 0, "cluster-value"},
		{node + "volume/size", "10", "cluster-value"},
		{node + "volume/filesystem", "btrfs", "cluster-value"},
		{node + "volume/mount_point", "data", "cluster-value"},
		{node + "volume/mount_point", "/", "cluster-value"},
		{node + "volume/mount_point", list{}, "cluster-value"},
		{node + "volume/mount_point", list{"/a", "/b", "/c", "/d"}, "cluster-value"},
		{node + "volume/mount_point", list{"/a", 2}, "cluster-value"},
		{"upgrading_policy", "rolling", "cluster-value"},
		{"vertical_scaling_policy", "in-place-parallel", "cluster-value"},
		{"backup_policy", "none", "cluster-value"},
		{node + "role", "web-replica", "role-names"},
		{node + "services/start", "/opt/demo/bin/start.sh", "service-definition"},
		{node + "services/strat", object{"cmd": "true"}, "service-definition"},
		{node + "services/start/timeout", 0, "service-definition"},
		{node + "services/start/timeout", 86401, "service-definition"},
		{node + "services/start/timeout", "600", "service-definition"},
		{node + "services/start/order", "first", "service-definition"},
		{node + "services/start/nodes_to_execute_on", -1, "service-definition"},
		{node + "services/start/pre_check", "true", "service-definition"},
		{node + "services/stop/post_start_service", true, "service-definition"},
		{node + "services/scale_in", object{"cmd": "true", "post_stop_service": true}, "service-definition"},
		{node + "services/init", object{"cmd": "true", "allow_force": true}, "service-definition"},
		{node + "services/upgrade", object{"cmd": "true", "event": "x"}, "service-definition"},
		{"backup_policy", "custom", "backup-services"},
		{"health_check/interval_sec", 59, "health-check-bounds"},
		{"health_check/timeout_sec", 2, "health-check-bounds"},
		{"health_check/action_timeout_sec", 2, "health-check-bounds"},
		{"health_check/healthy_threshold", 1, "health-check-bounds"},
		{"health_check/unhealthy_threshold", 1.5, "health-check-bounds"},
		{"health_check/check_cmd", nil, "health-check-bounds"},
		{node + "health_check", object{"enable": true}, "health-check-bounds"},
		{"monitor/items", items, "monitor-definition"},
		{"monitor/items/errors/value_type", "float", "monitor-definition"},
		{"monitor/items/errors/statistics_type", "sum", "monitor-definition"},
		{"monitor/items/errors", object{"value_type": "str", "statistics_type": "max"}, "monitor-definition"},
		{"monitor/items/errors", object{"value_type": "str", "scale_factor_when_display": 10}, "monitor-definition"},
		{"monitor/items/errors", object{"value_type": "int", "enums": list{"a"}}, "monitor-definition"},
		{"monitor/groups/traffic", list{}, "monitor-definition"},
		{"monitor/groups/traffic", list{"errors", "errors", "errors", "errors", "errors", "errors"}, "monitor-definition"},
		{"endpoints/http/port", 0, "endpoint-port"},
		{"endpoints/http/port", 65536, "endpoint-port"},
		{"endpoints/http/port", "http", "endpoint-port"},
		{"endpoints/http/port", "8080", "endpoint-port"},
		{"display_tabs", tabs, "display-tabs"},
		{"display_tabs", object{"t": object{"cmd": "true", "timeout": 11}}, "display-tabs"},
		{"display_tabs", object{"t": object{"timeout": 5}}, "display-tabs"},
		{"", custom("backup", "restore"), "backup-services"},
	}
}

// Whatever the schemas refuse, lint finds by the right rule, and the other way round.
func TestBrokenIsRefusedByBoth(t *testing.T) {
	docs, files := documents(t)
	unbroken := lint(t, docs, files)
	for doc, breakages := range map[string][]breakage{"config": configBreakages(), "cluster": clusterBreakages()} {
		s := schema(t, doc)
		if err := s.Validate(docs[doc]); err != nil {
			t.Fatalf("unbroken: %v", err)
		}
		for _, b := range breakages {
			t.Run(doc+"/"+b.path+fmt.Sprint("=", b.value)[:min(len(fmt.Sprint("=", b.value)), 30)], func(t *testing.T) {
				t.Parallel()
				docs, files := documents(t)
				docs[doc] = b.in(t, docs[doc])
				if s.Validate(docs[doc]) == nil {
					t.Error("the schema takes it")
				}
				before := count(unbroken, b.rule)
				if after := count(lint(t, docs, files), b.rule); after <= before {
					t.Errorf("%s has %d findings, %d before", b.rule, after, before)
				}
			})
		}
	}
}

// Where a schema wants one type, lint does.
func TestTypesAreThoseOfLint(t *testing.T) {
	wrong := func(typ string) any {
		if typ == "array" {
			return object{"a": nil}
		}
		return list{object{"a": nil}}
	}
	unbroken, _ := documents(t)
	for _, doc := range []string{"config", "cluster"} {
		data, err := os.ReadFile(doc + ".schema.json")
		if err != nil {
			t.Fatal(err)
		}
		s, root := schema(t, doc), plain(t, data).(object)
		for path, typ := range typedPaths(root, root, unbroken[doc], nil) {
			t.Run(doc+"/"+path, func(t *testing.T) {
				t.Parallel()
				docs, files := documents(t)
				docs[doc] = set(docs[doc], strings.Split(path, "/"), plain(t, wrong(typ)))
				if s.Validate(docs[doc]) == nil {
					t.Error("the schema takes it")
				}
				if !slices.ContainsFunc(lint(t, docs, files), shared) {
					t.Error("lint takes it")
				}
			})
		}
	}
}

// typedPaths are the paths of doc, and of what could be in it, that a schema gives
// one type, with the type.
func typedPaths(root, s object, doc any, at list) map[string]string {
	paths := map[string]string{}
	if ref, ok := s["$ref"].(string); ok {
		def := root["$defs"].(object)[strings.TrimPrefix(ref, "#/$defs/")].(object)
		maps.Copy(paths, typedPaths(root, def, doc, at))
	}
	if typ, ok := s["type"].(string); ok && len(at) > 0 {
		paths[strings.ReplaceAll(strings.Trim(fmt.Sprint(at), "[]"), " ", "/")] = typ
	}
	below := func(key string, sub, inner any) {
		if sub, ok := sub.(object); ok {
			maps.Copy(paths, typedPaths(root, sub, inner, append(slices.Clone(at), key)))
		}
	}
	members, _ := doc.(object)
	properties, _ := s["properties"].(object)
	for key, sub := range properties {
		below(key, sub, members[key])
	}
	for key, inner := range members {
		if properties[key] == nil {
			below(key, s["additionalProperties"], inner)
		}
	}
	if items, ok := doc.(list); ok && len(items) > 0 {
		below("0", s["items"], items[0])
	}
	return paths
}

// in breaks doc. Without a path the value is services that lack one for custom backups.
func (b breakage) in(t *testing.T, doc any) any {
	t.Helper()
	if b.path != "" {
		return set(doc, strings.Split(b.path, "/"), plain(t, b.value))
	}
	doc = set(doc, []string{"backup_policy"}, "custom")
	for name, service := range b.value.(object) {
		doc = set(doc, []string{"nodes", "0", "services", name}, plain(t, service))
	}
	return doc
}

// What is admitted, too, is the same: each number that may be a cpu, a gpu, a memory.
func TestSizesAreThoseOfLint(t *testing.T) {
	s := schema(t, "cluster")
	said := regexp.MustCompile(`^\w+ is (\d+):`)
	for key, step := range map[string]int{"cpu": 1, "gpu": 1, "memory": 512} {
		docs, files := documents(t)
		var candidates list
		for i := range 1024 {
			candidates = append(candidates, i*step)
		}
		// Lint judges each value that the property in config.json may give.
		docs["config"] = set(docs["config"], strings.Split("properties/0/properties/3/properties/0/range", "/"), candidates)
		cluster := string(mustache(t, files, key))
		var refused []string
		for _, f := range lintFiles(t, docs, files, cluster) {
			if m := said.FindStringSubmatch(f.Message); f.Rule == "cluster-value" && m != nil {
				refused = append(refused, m[1])
			}
		}
		if len(refused) == 0 || len(refused) == len(candidates) {
			t.Fatalf("%s: lint refuses %d of %d", key, len(refused), len(candidates))
		}
		for _, c := range candidates {
			doc := set(docs["cluster"], []string{"nodes", "0", key}, plain(t, c))
			if no := s.Validate(doc) != nil; no != slices.Contains(refused, fmt.Sprint(c)) {
				t.Errorf("%s = %v: refused by the schema: %v, by lint: %v", key, c, no, !no)
			}
		}
	}
}

// mustache is cluster.json.mustache with the property cluster.web.cpu for a key.
func mustache(t *testing.T, files map[string][]byte, key string) []byte {
	t.Helper()
	text := regexp.MustCompile(`"(cpu|memory)": [^,]*`).ReplaceAllString(string(files["app/cluster.json.mustache"]), `"gpu_class": 0`)
	out := strings.Replace(text, `"gpu_class": 0`, fmt.Sprintf("%q: {{cluster.web.cpu}}", key), 1)
	if out == text {
		t.Fatal("the base has no cpu")
	}
	return []byte(out)
}

func lintFiles(t *testing.T, docs map[string]any, files map[string][]byte, cluster string) []*validate.Finding {
	t.Helper()
	dir := writeDocs(t, docs, files)
	if err := os.WriteFile(filepath.Join(dir, "app", "cluster.json.mustache"), []byte(cluster), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := validate.Run(t.Context(), dir, rules.All(), validate.Options{Only: []string{"cluster-value"}})
	if err != nil {
		t.Fatal(err)
	}
	return r.Findings
}

func TestManifests(t *testing.T) {
	s := schema(t, "appimg")
	for text, ok := range map[string]bool{
		"":                                     true,
		`name = "x"`:                           true,
		"[docker]\nlabels = {a = \"b\"}":       true,
		"[images.web]\nroles = [\"web\"]":      true,
		"[lint]\nskip = [\"dest-path\"]":       true,
		"[lint]\nfail-on = \"warning\"":        true,
		"[lint.severity]\ndest-path = \"off\"": true,
		"[[lint.ignore]]\nrule = \"dest-path\"\npath = \"a\"\nreason = \"b\"": true,
		"[[lint.settings]]\nfiles = [\"a.conf\"]\ndata = [\"dir\"]":           true,
		`Name = "x"`:                                                 false,
		`name = 1`:                                                   false,
		`version = 1.0`:                                              false,
		"[app]\nfolder = \"app\"":                                    false,
		"[agent]\nsource = [\"builtin\"]":                            false,
		"[docker]\ntags = \"a:1\"":                                   false,
		"[docker]\ntag = [\"a:1\"]":                                  false,
		"[docker]\nlabels = {a = 1}":                                 false,
		"[images.web]\nrole = [\"web\"]":                             false,
		"[images.web]\nroles = \"web\"":                              false,
		"[kvm]\nprovision = \"x.sh\"":                                false,
		"[render]\nenv = [\"A=b\"]":                                  false,
		"[lint]\nfail-on = \"never\"":                                false,
		"[lint]\nfail-on = \"off\"":                                  false,
		"[lint]\nfail_on = \"error\"":                                false,
		"[lint]\nskip = \"dest-path\"":                               false,
		"[lint.severity]\ndest-path = \"fatal\"":                     false,
		"[[lint.ignore]]\nrule = \"dest-path\"":                      false,
		"[[lint.ignore]]\nrule = \"a\"\npath = \"b\"\nreason = \"\"": false,
	} {
		var doc map[string]any
		if _, err := toml.Decode(text, &doc); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(plain(t, orEmpty(doc))); (err == nil) != ok {
			t.Errorf("%q: the schema says %v", text, err)
		}
		if err := manifest(t, text); (err == nil) != ok {
			t.Errorf("%q: appimg says %v", text, err)
		}
	}
}

func orEmpty(doc map[string]any) map[string]any {
	if doc == nil {
		return map[string]any{}
	}
	return doc
}

// manifest is what appimg says to an appimg.toml: when it reads it, or when it lints.
func manifest(t *testing.T, text string) error {
	t.Helper()
	if _, err := app.ParseManifest("appimg.toml", []byte(text)); err != nil {
		return err
	}
	docs, files := documents(t)
	files["appimg.toml"] = []byte(text)
	for _, f := range lint(t, docs, files) {
		if f.Rule == validate.ConfigID {
			return errors.New(f.Message)
		}
	}
	return nil
}
