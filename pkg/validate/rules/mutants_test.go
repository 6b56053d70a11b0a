package rules_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/scaffold"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/rules"
	"github.com/appimg/appimg/templates"
)

// slip is one way to break a file: every match of find becomes put, one at a
// time, and one of the rules must say so. $1 … are the groups of find.
type slip struct {
	file  string // pattern of the path
	find  string
	put   string
	rules string // any of them
	once  bool   // the first match is enough
}

func slips() []slip {
	const toml, tmpl, cluster, config, zh, script = `conf\.d/.*\.toml$`, `\.tmpl$`, `cluster\.json\.mustache$`, `config\.json$`, `zh-cn\.json$`, `rootfs/.*/bin/[^/]+$`
	return []slip{
		// template resources
		{toml, `(?m)^src = .*$`, ``, "toml-syntax", false},
		{toml, `(?m)^src = "(.*)"$`, `src = "${1}x"`, "src-missing", false},
		{toml, `(?m)^dest = "/`, `dest = "`, "dest-path", false},
		{toml, `(?m)^dest = .*$`, ``, "dest-path", false},
		{toml, `(?m)^dest = "(.*)"$`, "dest = \"$1\"\nmode = \"644\"", "pair-mode toml-syntax", false},
		{toml, `(?m)^dest = (.*)$`, "dest = $1\nrelaod_cmd = \"x\"", "toml-unknown-key", false},
		{toml, `(?m)^dest = "(.*)"$`, `dest = "$1`, "toml-syntax", false},
		{toml, `(?ms)^keys = \[.*?\]`, `keys = ["/cmd"]`, "key-not-watched", false},
		{toml, `(?m)^(reload_cmd = ".*)"$`, `$1; if"`, "command-syntax", false},
		{toml, `(?m)^(reload_cmd = "/\S+)`, `${1}x`, "script-missing", false},
		// templates
		{tmpl, `getv "/env/([^"]+)"`, `getv "/env/${1}x"`, "env-key-undefined", false},
		{tmpl, `getv "/(host|cluster)/([a-z_]+)"`, `getv "/$1/${2}xx"`, "metadata-key-unknown template-fails", false},
		{tmpl, `\bgetv\b`, `getvv`, "template-syntax", false},
		{tmpl, `\{\{-? *end *-?\}\}`, ``, "template-syntax", false},
		{tmpl, `\{\{-? *(range|if)\b`, `{{`, "template-syntax", false},
		{tmpl, `"/hosts/([a-z]+)"`, `"/hosts/${1}x"`, "role-missing", false},
		{tmpl, `\{\{if eq (\(getv "[^"]+"\)) "[^"]+"\}\}`, `{{if eq $1 true}}`, "odd-comparison", false},
		{tmpl, `\{\{if eq (\(getv "[^"]+"\)) ("[^"]+")\}\}`, `{{if eq $1 $2 "x"}}`, "odd-comparison", false},
		// cluster.json.mustache
		{cluster, `\{\{ *([a-z_.]+) *\}\}`, `{{${1}x}}`, "mustache-variable", false},
		{cluster, `"(name|description|vxnet)": \{\{[^}]+\}\},`, ``, "cluster-key-missing", false},
		{cluster, `"count": \{\{[^}]+\}\},?`, ``, "cluster-key-missing json-syntax", false},
		{cluster, `"(type|image)": "[^"]+",?`, ``, "cluster-key-missing json-syntax", false},
		{cluster, `"cpu": \{\{[^}]+\}\}`, `"cpu": 3`, "cluster-value", false},
		{cluster, `"memory": \{\{[^}]+\}\}`, `"memory": 3000`, "cluster-value", false},
		{cluster, `"interval_sec": \d+`, `"interval_sec": 30`, "health-check-bounds", false},
		{cluster, `"timeout_sec": \d+`, `"timeout_sec": 600`, "health-check-bounds", false},
		{cluster, `threshold": \d+`, `threshold": 1`, "health-check-bounds", false},
		{cluster, `"cmd": "/(\S+?)([ "])`, `"cmd": "/${1}x$2`, "script-missing", false},
		{cluster, `"check_cmd": "([^"]+)"`, `"check_cmd": "$1; echo done"`, "exit-code-lost", false},
		{cluster, `"start": \{`, `"probe": { "type": "custom", "cmd": "exit 213" }, "start": {`, "exit-code-without-text", false},
		{cluster, `"(start|stop)": \{`, `"${1}x": {`, "service-definition", false},
		{cluster, `"mount_point": "/`, `"mount_point": "`, "cluster-value", false},
		{cluster, `"advanced_actions": \["`, `"advanced_actions": ["x`, "cluster-value", false},
		{cluster, `"upgrading_policy": "`, `"upgrading_policy": "x`, "cluster-value", false},
		{cluster, `"filesystem": "`, `"filesystem": "x`, "cluster-value", false},
		{cluster, `"(services|volume|endpoints)": \{`, `"${1}s": {`, "cluster-key-unknown", false},
		{cluster, `"role": "([a-z]+)"`, `"role": "$1-replica"`, "role-names unreadable-project", false},
		{cluster, `"port": \d+`, `"port": 123456`, "endpoint-port", false},
		{cluster, `"statistics_type": "`, `"statistics_type": "x`, "monitor-definition", false},
		{cluster, `"value_type": "`, `"value_type": "x`, "monitor-definition", false},
		{cluster, `"display": \["`, `"display": ["x`, "monitor-definition", false},
		{cluster, `"alarm": \["`, `"alarm": ["x`, "monitor-definition", false},
		{cluster, `(?m),$`, ``, "json-syntax", false},
		{cluster, `(?m)([^,{\[])\n(\s*[}\]])`, "$1,\n$2", "json-syntax", false},
		// config.json
		{config, `"key": "`, `"key": "x`, "mustache-variable config-property", false},
		{config, `"type": "(integer|string|boolean)"`, `"type": "${1}x"`, "config-property", false},
		{config, `"min": \d+`, `"min": 99999999`, "default-out-of-range", false},
		{config, `"range": \[(\d)`, `"range": ["x", $1`, "default-out-of-range", false},
		{config, `"required": "(yes|no)"`, `"required": "$1, please"`, "config-property", false},
		{config, `(?m)([^,{\[])\n(\s*[}\]])`, "$1,\n$2", "json-syntax", false},
		{config, `\A`, "\ufeff", "byte-order-mark", false},
		{config, `"(label|required|default)": `, `"${1}x": `, "config-property", false},
		{config, `"label": "`, `"label": "x`, "translation-missing", false},
		// translations
		{zh, `(?m)^\s*"([^"]+)": "`, `"$1x": "`, "translation-missing", false},
		{zh, `\{`, `{ "err_code213": "x",`, "err-code-unused", true},
		{zh, `(?m),$`, ``, "json-syntax", false},
		// scripts
		{`rootfs/.*/bin/(app|redis)$`, `mkdir -p "\$DATA/.*"`, `true`, "empty-volume", false},
		{script, `\z`, "\npoweroff\n", "machine-control", true},
		{script, `\z`, "\neval $(curl -s http://metadata/self/env)\n", "eval-metadata", true},
		{script, `\z`, "\nif true; then\n", "shell-syntax", true},
	}
}

// Break one thing of a preset at a time: each is found, by the right rule.
func TestMutantsAreFound(t *testing.T) {
	total, tried := 0, map[string]bool{}
	for _, preset := range []string{"blank", "nextcloud", "redis", "zookeeper"} {
		files, err := scaffold.Files(templates.FS(), preset, scaffold.Project{Name: "demo", Type: scaffold.Docker})
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), preset)
		if err := scaffold.Create(t.Context(), dir, files, false); err != nil {
			t.Fatal(err)
		}
		for _, s := range slips() {
			n := 0
			for _, f := range files {
				if regexp.MustCompile(s.file).MatchString(f.Path) {
					n += mutate(t, preset, filepath.Join(dir, f.Path), dir, s)
				}
			}
			total += n
			tried[s.find] = tried[s.find] || n > 0
		}
	}
	for _, s := range slips() {
		if !tried[s.find] {
			t.Errorf("no preset has anything that matches %s in %s", s.find, s.file)
		}
	}
	t.Logf("%d mutants", total)
	if total < 150 {
		t.Errorf("only %d mutants", total)
	}
}

func mutate(t *testing.T, preset, file, dir string, s slip) (n int) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text, re := string(data), regexp.MustCompile(s.find)
	if strings.Contains(s.file, "/bin/") && !strings.HasPrefix(text, "#!") {
		return 0
	}
	const most = 4 // of one kind in one file
	for _, at := range re.FindAllStringSubmatchIndex(text, most) {
		mutant := text[:at[0]] + string(re.ExpandString(nil, s.put, text, at)) + text[at[1]:]
		r, err := validate.Run(t.Context(), dir, rules.All(), validate.Options{Files: app.Options{Overlay: map[string][]byte{file: []byte(mutant)}}})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(r.Findings, func(f *validate.Finding) bool { return slices.Contains(strings.Fields(s.rules), f.Rule) }) {
			line := 1 + strings.Count(text[:at[0]], "\n")
			t.Errorf("%s: %s:%d: %q became %q, and %s is silent; found:\n%s", preset, filepath.Base(file), line,
				text[at[0]:at[1]], re.ExpandString(nil, s.put, text, at), s.rules, lines(r.Findings))
		}
		if n++; s.once {
			break
		}
	}
	return n
}
