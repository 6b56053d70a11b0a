package cli_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

// metadataServer answers GET /self as the platform's does.
func metadataServer(t *testing.T, port string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/self" || r.Header.Get("Accept") != "application/json" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		fmt.Fprintf(w, `{"env": {"port": %q}}`, port)
	})}
	go func() { _ = s.Serve(l) }() // ends with the test
	t.Cleanup(func() { _ = s.Close() })
	return l.Addr().String()
}

func TestKVMRender(t *testing.T) {
	m := kvmMachines(t, kvmtest.MachineOptions{Setup: agentSetup})[0]
	dir, host, root := kvmProject(t), m.Target("root"), m.Root(t)
	simulated := []string{"kvm", "render", host, "--metadata", "simulated", "-C", dir}
	out, stderr, code := runCLI(t, simulated...)
	if code != 0 || out != "1 of 1 files are as they render\n" {
		t.Errorf("as the project says: %d\n%s%s", code, out, stderr)
	}
	out, stderr, code = runCLI(t, append(simulated, "--set", "env.port=81")...)
	if code != 1 || !strings.Contains(out, "--- machine/etc/store/store.conf\n") || !strings.Contains(out, "-port=80\n+port=81\n level=1\n") {
		t.Errorf("another port: %d\n%s%s", code, out, stderr)
	}
	writeFile(t, filepath.Join(root, "etc/confd/confd.toml"), fmt.Sprintf("nodes = ['127.0.0.1:1', %q]\nprefix = \"/self\"\n", metadataServer(t, "82")))
	out, stderr, code = runCLI(t, "kvm", "render", host, "--format", "json")
	if code != 1 || !strings.Contains(out, `+port=82\n`) || !strings.Contains(out, `"resource": "/etc/confd/conf.d/store.toml"`) {
		t.Errorf("the machine's own server: %d\n%s%s", code, out, stderr)
	}
	dump := filepath.Join(dir, "self.json")
	writeFile(t, dump, `{"env": {}}`)
	out, stderr, code = runCLI(t, "kvm", "render", host, "--metadata", dump)
	if code != 1 || !strings.Contains(out, "/etc/confd/conf.d/store.toml: does not render: /etc/confd/templates/store.tmpl:1:") {
		t.Errorf("a key is missing: %d\n%s%s", code, out, stderr)
	}
	writeFile(t, filepath.Join(root, "etc/confd/templates/store.tmpl"), `{{if fileExists "/etc/store"}}there{{end}}{{if fileExists "/etc/none"}}none{{end}}`)
	if err := os.Remove(filepath.Join(root, "etc/store/store.conf")); err != nil {
		t.Fatal(err)
	}
	out, _, code = runCLI(t, "kvm", "render", host, "--metadata", dump)
	if code != 1 || !strings.Contains(out, "--- /dev/null\n") || !strings.Contains(out, "+there\n") || strings.Contains(out, "none") {
		t.Errorf("what the machine has: %d\n%s", code, out)
	}
	if err := os.Remove(filepath.Join(root, "etc/confd/confd.toml")); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code = runCLI(t, "kvm", "render", host); code != 3 || !strings.Contains(stderr, "--metadata simulated") {
		t.Errorf("no server: %d %s", code, stderr)
	}
	if _, stderr, code = runCLI(t, "kvm", "render", host, "--node", "/1"); code != 2 || !strings.Contains(stderr, "are for --metadata simulated") {
		t.Errorf("--node alone: %d %s", code, stderr)
	}
}
