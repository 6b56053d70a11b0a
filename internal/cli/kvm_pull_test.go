package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

func TestKVMPull(t *testing.T) {
	m := kvmMachines(t, kvmtest.MachineOptions{Setup: agentSetup})[0]
	dir, host, root := kvmProject(t), m.Target("root"), m.Root(t)
	if out, stderr, code := runCLI(t, "kvm", "pull", host, "-C", dir); code != 0 || out != "" || !strings.Contains(stderr, "nothing to take over") {
		t.Errorf("nothing edited: %d\n%s%s", code, out, stderr)
	}
	toml := filepath.Join(root, "etc/confd/conf.d/store.toml")
	text, err := os.ReadFile(toml)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, toml, string(text)+"mode = \"0600\"\n")
	writeFile(t, filepath.Join(root, "etc/confd/templates/store.tmpl"), "port={{getv \"/env/port\"}}\nlevel=2\nmore=1\n")
	writeFile(t, filepath.Join(root, "etc/confd/conf.d/new.toml"), "[template]\n")
	if err := os.Mkdir(filepath.Join(root, "etc/confd/templates/sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(root, "etc/confd/templates/sub/new.tmpl"), "new\n")

	out, stderr, code := runCLI(t, "kvm", "pull", host, "-C", dir)
	if code != 1 || !strings.Contains(stderr, "--yes accepts") || !strings.Contains(out, "--- a/confd/templates/store/20.level.tmpl\n") || !strings.Contains(out, "+level=2\n+more=1") || strings.Contains(out, "10.port") {
		t.Errorf("not accepted: %d\n%s%s", code, out, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "confd/conf.d/new.toml")); !os.IsNotExist(err) {
		t.Errorf("something was written: %v", err)
	}
	out, stderr, code = runCLI(t, "kvm", "pull", host, "-C", dir, "--yes", "--format", "json")
	if code != 0 || !strings.Contains(out, `"taken": true`) {
		t.Errorf("accepted: %d\n%s%s", code, out, stderr)
	}
	for file, want := range map[string]string{
		"confd/conf.d/store.toml": string(text) + "mode = \"0600\"\n", "confd/conf.d/new.toml": "[template]\n", "confd/templates/sub/new.tmpl": "new\n",
		"confd/templates/store/10.port.tmpl": "port={{getv \"/env/port\"}}", "confd/templates/store/20.level.tmpl": "level=2\nmore=1",
	} {
		if got, err := os.ReadFile(filepath.Join(dir, file)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", file, got, err)
		}
	}
	if out, _, code := runCLI(t, "kvm", "pull", host, "-C", dir); code != 0 || out != "" {
		t.Errorf("once more: %d\n%s", code, out)
	}
	writeFile(t, filepath.Join(root, "etc/confd/templates/store.tmpl"), "all new\n")
	if _, stderr, code := runCLI(t, "kvm", "pull", host, "-C", dir, "--yes"); code != 3 || !strings.Contains(stderr, "cannot be told") {
		t.Errorf("all parts: %d %s", code, stderr)
	}
	t.Chdir(t.TempDir())
	if _, stderr, code := runCLI(t, "kvm", "pull", host); code != 2 || !strings.Contains(stderr, "-C DIR names it") {
		t.Errorf("no project: %d %s", code, stderr)
	}
}
