package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

const storeCluster = `{"name": "store", "nodes": [
{"role": "db", "count": 1, "container": {"type": "kvm", "image": "img-1"}, "volume": {"size": 10, "mount_point": ["/data", "/log"]}},
{"role": "web", "count": 1, "container": {"type": "kvm", "image": "img-1"}}]}`

func TestKVMAudit(t *testing.T) {
	m := kvmMachines(t, kvmtest.MachineOptions{Setup: "mkdir -p /srv/store"})[0]
	host, dir := m.Target("root"), t.TempDir()
	writeFile(t, filepath.Join(dir, "cluster.json.mustache"), storeCluster)
	writeFile(t, filepath.Join(dir, "config.json"), "{}")

	_, stderr, code := runCLI(t, "kvm", "audit", host)
	if code != 3 || !strings.Contains(stderr, "installed nothing on the machine") || !strings.Contains(stderr, "--snapshot FILE") {
		t.Errorf("without an installation: %d\n%s", code, stderr)
	}
	snapshot := filepath.Join(dir, "before")
	out, stderr, code := runCLI(t, "kvm", "audit", host, "--snapshot", snapshot)
	if code != 0 || out != snapshot+"\n" {
		t.Errorf("--snapshot: %d %q\n%s", code, out, stderr)
	}
	out, stderr, code = runCLI(t, "kvm", "audit", host, "--since", snapshot)
	if code != 0 || !strings.HasPrefix(out, "nothing was written") {
		t.Errorf("nothing written: %d\n%s%s", code, out, stderr)
	}
	writeFile(t, filepath.Join(m.Root(t), "srv/store/a.db"), "12345")
	writeFile(t, filepath.Join(m.Root(t), "var/log/store.log"), "123")
	out, stderr, code = runCLI(t, "kvm", "audit", host, "--since", snapshot, "-C", dir, "--role", "db")
	if code != 1 || !strings.Contains(out, "5 B  /srv/store/a.db     new, owned by root  belongs on /data\n3 B  /var/log/store.log  new, owned by root  belongs on /log\n2 files with 8 B were written") {
		t.Errorf("two files: %d\n%s%s", code, out, stderr)
	}
	out, _, code = runCLI(t, "kvm", "audit", host, "--since", snapshot, "-C", dir, "--role", "web", "--format", "json")
	if code != 1 || !strings.Contains(out, `"path": "/srv/store/a.db"`) || strings.Contains(out, `"volume":`) {
		t.Errorf("as JSON: %d\n%s", code, out)
	}
	for _, tt := range []struct{ args, want string }{
		{"-C " + dir, "--role required"},
		{"-C " + dir + " --role dbs", `did you mean "db"?`},
		{"-C " + dir + "/none", "none"},
		{"--since " + dir + "/none", "reading the snapshot"},
		{"--since " + dir + "/config.json", "no snapshot"},
		{"root@other --snapshot " + dir + "/x", "of one host"},
		{"--since install --snapshot " + dir + "/x", "one of them"},
		{"--snapshot " + snapshot, "already exists"},
		{"--force", "--force needs --snapshot"},
	} {
		if _, stderr, code := runCLI(t, append([]string{"kvm", "audit", host}, strings.Fields(tt.args)...)...); code != 2 || !strings.Contains(stderr, tt.want) {
			t.Errorf("%q: %d %s", tt.args, code, stderr)
		}
	}
}

func writeFile(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
