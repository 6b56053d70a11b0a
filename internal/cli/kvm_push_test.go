package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/kvm"
)

// pushProject is a project with a pair in parts, rootfs and a script.
func pushProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for file, text := range map[string]string{
		"appimg.toml":                            "name = \"store\"\n[kvm]\nprovision = [\"kvm/install.sh\"]\n",
		"app/config.json":                        `{"type":"array","properties":[{"key":"cluster","type":"array","properties":[]},{"key":"env","type":"array","properties":[{"key":"port","type":"integer","default":80,"required":"no"}]}]}`,
		"app/cluster.json.mustache":              `{"name":"s","nodes":[{"role":"web","count":0,"container":{"type":"kvm","image":"img-1"}},{"role":"db","count":1,"container":{"type":"kvm","image":"img-2"}}],"env":{"port":{{env.port}}}}`,
		"images/web/confd/conf.d/s.toml":         "[template]\nsrc = \"s.tmpl\"\ndest = \"/etc/store.conf\"\nkeys = [\"/\"]\n",
		"images/web/confd/templates/s/10.a.tmpl": "port={{getv \"/env/port\"}}",
		"images/web/confd/templates/s/20.b.tmpl": "level=1",
		"images/web/rootfs/opt/store/start":      "#!/bin/sh\n",
		"images/db/confd/conf.d/d.toml":          "[template]\nsrc = \"d.tmpl\"\ndest = \"/etc/db.conf\"\nkeys = [\"/\"]\n",
		"images/db/confd/templates/d.tmpl":       "{{getv \"/none\"}}\n",
		"kvm/install.sh":                         "#!/bin/sh\necho installing $APPIMG_PROJECT $APPIMG_IMAGE $APPIMG_ROLES\n",
	} {
		write(t, filepath.Join(dir, file), text)
	}
	return dir
}

func TestKVMPush(t *testing.T) {
	s := newShell(t)
	dir := pushProject(t)
	host := s.m.Addr() // u, who becomes root with sudo
	password := write(t, filepath.Join(t.TempDir(), "password"), "upass\n")
	log := filepath.Join(t.TempDir(), "log")
	push := func(code int, args ...string) (string, string) {
		t.Helper()
		return s.run(code, append([]string{"kvm", "push", "u@" + host, "-C", dir, "--password-file", password}, args...)...)
	}

	// A broken pair stops it, but only one that would be pushed.
	_, stderr := push(1, "--role", "db")
	has(t, stderr, `rendering "`+dir+`/images/db/confd/conf.d/d.toml"`, "/none")
	stdout, _ := push(0, "--image", "web", "--plan")
	has(t, stdout, "write /etc/confd/templates/s.tmpl 0644 0:0", "+level=1", "mkdir /opt/store 0755 0:0 (new)", "run kvm/install.sh\n")
	stdout, _ = push(0, "--role", "web", "--plan", "--format", "json")
	plan := write(t, filepath.Join(t.TempDir(), "plan.json"), stdout)
	_, stderr = s.run(2, "kvm", "install-agent", "--apply-plan", plan)
	has(t, stderr, `plan.json": it is one of "push"`, "hint: appimg kvm push --apply-plan does it")
	if strings.Contains(stderr, "connect") {
		t.Errorf("it connected to a host for another command's plan:\n%s", stderr)
	}

	stdout, stderr = push(0, "--role", "web", "--apply-plan", plan, "--log", log)
	has(t, stdout, ": pushed, ", "Debian GNU/Linux 12")
	has(t, stderr, "u@"+host+": installing store web web\n", `running "kvm/install.sh"`, "there is no agent on the machine: appimg kvm install-agent")
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	has(t, string(text), "installing store web web")
	if strings.Contains(string(text), "upass") {
		t.Error("the password is in the log")
	}
	template, err := os.ReadFile(filepath.Join(s.m.Root(t), "etc/confd/templates/s.tmpl"))
	if err != nil || string(template) != "port={{getv \"/env/port\"}}\nlevel=1\n" {
		t.Errorf("%q, %v", template, err)
	}
	stdout, _ = push(0, "--role", "web", "--format", "json")
	var reports []kvm.Report
	if err := json.Unmarshal([]byte(stdout), &reports); err != nil || len(reports) != 1 || reports[0].Changed || !reports[0].OK || reports[0].Job != "push" {
		t.Errorf("%v\n%s", err, stdout)
	}
	write(t, filepath.Join(s.m.Root(t), "etc/confd/templates/s.tmpl"), "port=1\n")
	_, stderr = push(3, "--role", "web")
	has(t, stderr, "/etc/confd/templates/s.tmpl (edited since the last push)", "hint: appimg kvm pull")
	write(t, filepath.Join(dir, "kvm/install.sh"), "#!/bin/sh\necho it is broken; exit 9\n")
	_, stderr = push(3, "--role", "web", "--force")
	has(t, stderr, `running "kvm/install.sh": exit status 9; it said last:`, "  it is broken", "hint: what scripts have done themselves is not undone")

	uninstall := func(args ...string) (string, string) {
		t.Helper()
		return s.run(0, append([]string{"kvm", "uninstall-agent", "u@" + host, "--password-file", password}, args...)...)
	}
	stdout, stderr = uninstall("--plan")
	has(t, stdout, "remove /opt/store/start", "rmdir /opt/store", "rmdir /var/lib/appimg")
	has(t, stderr, "goes too (--keep-pushed leaves it)", `kept "/etc/confd/templates/s.tmpl": it was edited`)
	stdout, _ = uninstall("--keep-pushed")
	has(t, stdout, ": changed nothing")
	stdout, _ = uninstall("--force")
	has(t, stdout, ": uninstalled, ")
	stdout, _ = uninstall()
	has(t, stdout, ": changed nothing")
}

func TestKVMPushUsage(t *testing.T) {
	s := &shell{t: t}
	dir := pushProject(t)
	broken := pushProject(t)
	write(t, filepath.Join(broken, "appimg.toml"), "name = \"store\"\n[kvm]\nprovision = [\"none.sh\"]\n")
	windows := pushProject(t)
	write(t, filepath.Join(windows, "kvm/install.sh"), "#!/bin/sh\r\n")
	for want, args := range map[string][]string{
		"HOST is missing":               {"-C", dir, "--role", "web"},
		"--role required":               {"h", "-C", dir},
		`no role is called "wep"`:       {"h", "-C", dir, "--role", "wep"},
		`did you mean "web"?`:           {"h", "-C", dir, "--image", "wep"},
		"--image and --role: one":       {"h", "-C", dir, "--image", "web", "--role", "web"},
		`reading the script "none.sh"`:  {"h", "-C", broken, "--role", "web"},
		"its lines end as on Windows":   {"h", "-C", windows, "--role", "web"},
		"--plan and --apply-plan":       {"h", "-C", dir, "--role", "web", "--plan", "--apply-plan", "x"},
		"no appimg.toml":                {"h", "-C", t.TempDir()},
		"reading the plan":              {"--apply-plan", filepath.Join(dir, "none"), "-C", dir, "--role", "web"},
		`--set "x": no KEY=VALUE`:       {"h", "-C", dir, "--role", "web", "--set", "x"},
		"reading the SSH configuration": {"h", "-C", dir, "--role", "web", "-F", "/no/such/file"},
	} {
		_, stderr := s.run(2, append([]string{"kvm", "push"}, args...)...)
		has(t, stderr, want)
	}
	_, stderr := s.run(2, "kvm", "uninstall-agent")
	has(t, stderr, "kvm uninstall-agent: HOST is missing")
}
