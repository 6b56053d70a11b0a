package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/kvm/kvmtest"
	"github.com/appimg/appimg/pkg/kvm/status"
)

// agentSetup makes a machine that has an agent, and the pairs of kvmProject.
const agentSetup = `home=/opt/qingcloud/app-agent
mkdir -p $home/bin $home/log /etc/confd/conf.d /etc/confd/templates /etc/store /opt/store
printf '#!/bin/sh\necho "confd 1.2.3"\n' >$home/bin/confd; : >$home/bin/exec.sh; chmod +x $home/bin/*
cat >$home/log/cmd.log <<'end'
2026-01-02 03:04:05 c-1 [executing]: /opt/store/start.sh
2026-01-02 03:04:07 c-1 [successful]: /opt/store/start.sh
2026-01-02 04:04:05 c-2 [executing]: false
2026-01-02 04:04:05 c-2 [failed1]: false
end
printf 'nodes = ["10.0.0.1:80"]\nprefix = "/self"\n' >/etc/confd/confd.toml
printf '[template]\nsrc = "cmd.info.tmpl"\ndest = "/opt/qingcloud/app-agent/log/cmd.info"\nkeys = ["/"]\n' >/etc/confd/conf.d/cmd.info.toml
: >/etc/confd/templates/cmd.info.tmpl
printf '[template]\nsrc = "store.tmpl"\ndest = "/etc/store/store.conf"\nkeys = ["/"]\n' >/etc/confd/conf.d/store.toml
printf 'port={{getv "/env/port"}}\nlevel=1\n' >/etc/confd/templates/store.tmpl
printf 'port=80\nlevel=1\n' >/etc/store/store.conf
printf '#!/bin/sh\n' >/opt/store/start.sh; chmod 755 /opt/store/start.sh
`

// kvmProject is a project whose pairs are those of agentSetup; the template has two parts.
func kvmProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for file, text := range map[string]string{
		"appimg.toml":                         "name = \"store\"\nversion = \"1\"\n",
		"app/config.json":                     `{"type":"array","properties":[{"key":"cluster","type":"array","properties":[]},{"key":"env","type":"array","properties":[{"key":"port","type":"integer","default":80,"required":"no"}]}]}`,
		"app/cluster.json.mustache":           `{"name":"s","nodes":[{"count":1,"container":{"type":"kvm","image":"img-1"},"volume":{"size":10}}],"env":{"port":{{env.port}}}}`,
		"confd/conf.d/store.toml":             "[template]\nsrc = \"store.tmpl\"\ndest = \"/etc/store/store.conf\"\nkeys = [\"/\"]\n",
		"confd/templates/store/10.port.tmpl":  "port={{getv \"/env/port\"}}",
		"confd/templates/store/20.level.tmpl": "level=1",
		"rootfs/opt/store/start.sh":           "#!/bin/sh\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, file), text)
	}
	if err := os.Chmod(filepath.Join(dir, "rootfs/opt/store/start.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestKVMStatus(t *testing.T) {
	ms := kvmMachines(t, kvmtest.MachineOptions{Setup: agentSetup}, kvmtest.MachineOptions{})
	dir, host := kvmProject(t), ms[0].Target("root")
	out, stderr, code := runCLI(t, "kvm", "status", host, "-C", dir)
	if code != 0 {
		t.Errorf("%d\n%s", code, stderr)
	}
	for _, want := range []string{
		"confd 1.2.3\n", "stopped\n", `["10.0.0.1:80"] /self`, "store.toml", "/etc/store/store.conf, written 20", "cmd.info, not written yet",
		"c-1  2026-01-02 03:04:05  successful  /opt/store/start.sh", "c-2  2026-01-02 04:04:05  failed (1)  false", "nothing differs from the project\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("lacks %q:\n%s", want, out)
		}
	}
	root := ms[0].Root(t)
	writeFile(t, filepath.Join(root, "etc/confd/templates/store.tmpl"), "port={{getv}\n")
	writeFile(t, filepath.Join(root, "etc/confd/conf.d/other.toml"), "[template]\nsrc = \"none.tmpl\"\ndest = \"/x\"\nkeys = [\"/\"]\n")
	if err := os.Remove(filepath.Join(root, "opt/store/start.sh")); err != nil {
		t.Fatal(err)
	}
	out, _, code = runCLI(t, "kvm", "status", host, "-C", dir, "--format", "json")
	var all []status.Report
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != 1 {
		t.Fatalf("%d %v\n%s", code, err, out)
	}
	got := ""
	for _, d := range all[0].Differences {
		got += d.Path + " " + d.What + "\n"
	}
	if got != "/etc/confd/conf.d/other.toml extra\n/etc/confd/templates/store.tmpl differs\n/opt/store/start.sh missing\n" {
		t.Errorf("differences:\n%s", got)
	}
	faults := map[string]string{}
	for _, p := range all[0].Pairs {
		faults[filepath.Base(p.Resource)] = p.Fault
	}
	if !strings.Contains(faults["store.toml"], "/etc/confd/templates/store.tmpl:1") || !strings.Contains(faults["other.toml"], `"/etc/confd/templates/none.tmpl" is not there`) || faults["cmd.info.toml"] != "" {
		t.Errorf("faults: %q", faults)
	}
	out, stderr, code = runCLI(t, "kvm", "status", ms[1].Target("root"))
	if code != 1 || !strings.Contains(out, "service  not installed") || strings.Contains(out, "project") {
		t.Errorf("without an agent: %d\n%s%s", code, out, stderr)
	}
}
