package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/internal/cli"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
	"github.com/appimg/appimg/pkg/kvm/seal"
)

// kvmMachines starts machines on which the user of this process may log in as root.
func kvmMachines(t *testing.T, o ...kvmtest.MachineOptions) []*kvmtest.Machine {
	t.Helper()
	home := t.TempDir()
	key := kvmtest.NewKey(t, "ed25519", "")
	var known string
	var out []*kvmtest.Machine
	for _, opts := range o {
		m := kvmtest.StartMachine(t, opts)
		m.Authorize(t, key)
		known += m.KnownHosts(t)
		out = append(out, m)
	}
	t.Setenv("HOME", home)
	t.Setenv("SSH_AUTH_SOCK", "")
	ssh := filepath.Join(home, ".ssh")
	err := errors.Join(os.Mkdir(ssh, 0o700), os.WriteFile(filepath.Join(ssh, "known_hosts"), []byte(known), 0o600),
		os.WriteFile(filepath.Join(ssh, "config"), []byte("IdentityFile "+key+"\nIdentitiesOnly yes\n"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// runCLI runs a command line as the program would.
func runCLI(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cli.Run(t.Context(), args, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, cli.Build{})
	return out.String(), errs.String(), code
}

const traces = `echo secret >/root/.bash_history
mkdir -p /var/lib/cloud/instance && echo i-1 >/var/lib/cloud/instance/id
echo log >/var/log/app.log
`

func TestKVMSeal(t *testing.T) {
	ms := kvmMachines(t, kvmtest.MachineOptions{Setup: traces}, kvmtest.MachineOptions{Setup: traces})
	a, b := ms[0].Target("root"), ms[1].Target("root")
	out, stderr, code := runCLI(t, "kvm", "seal", a, "--plan", "--only", "shell-history,logs,tmp")
	if code != 0 || !strings.Contains(out, "shell-history\n  remove /root/.bash_history (7 B)\n") || !strings.Contains(out, "truncate /var/log/app.log") || strings.Contains(out, "cloud") {
		t.Errorf("plan: %d\n%s%s", code, out, stderr)
	}
	out, stderr, code = runCLI(t, "kvm", "seal", a, "--verify")
	if code != 1 || !strings.Contains(out, "residue of shell-history: /root/.bash_history") || !strings.Contains(out, "residue of ssh-host-keys: /etc/ssh/ssh_host_rsa_key") {
		t.Errorf("verify before: %d\n%s%s", code, out, stderr)
	}
	keep := []string{"--skip", "authorized-keys,ssh-host-keys"}
	out, stderr, code = runCLI(t, append([]string{"kvm", "seal", a, b}, keep...)...)
	if code != 0 || strings.Count(out, "verified: nothing is left of 21 operations") != 2 || !strings.Contains(out, "==> "+b+" <==\nsealed: 21 operations, ") {
		t.Errorf("seal: %d\n%s%s", code, out, stderr)
	}
	out, stderr, code = runCLI(t, append([]string{"kvm", "seal", a, "--verify"}, keep...)...)
	if code != 0 || out != "verified: nothing is left of 21 operations\n" {
		t.Errorf("verify after, over a new connection: %d\n%s%s", code, out, stderr)
	}
}

func TestKVMSealAsJSONWithAHostThatFails(t *testing.T) {
	m := kvmMachines(t, kvmtest.MachineOptions{Setup: traces})[0]
	log := filepath.Join(t.TempDir(), "log")
	out, stderr, code := runCLI(t, "kvm", "seal", m.Target("root"), "root@127.0.0.1:1", "--format", "json", "--log", log)
	if text, err := os.ReadFile(log); err != nil || !strings.Contains(string(text), `msg="it failed" host=root@127.0.0.1:1`) || !strings.Contains(string(text), `msg="it is done" host=`+m.Target("root")) {
		t.Errorf("the log: %v\n%s", err, text)
	}
	if code != 3 || !strings.Contains(stderr, `connecting to "root@127.0.0.1:1"`) || !strings.Contains(stderr, "1 of 2 hosts failed") {
		t.Errorf("%d\n%s", code, stderr)
	}
	var all []struct {
		Host    string
		OK      bool
		Error   string
		Done    []seal.Finding
		Residue []seal.Finding
	}
	if err := json.Unmarshal([]byte(out), &all); err != nil || len(all) != 2 {
		t.Fatalf("%v\n%s", err, out)
	}
	if !all[0].OK || len(all[0].Done) < 10 || all[0].Residue == nil || len(all[0].Residue) > 0 {
		t.Errorf("%+v", all[0])
	}
	if all[1].OK || all[1].Error == "" || all[1].Host != "root@127.0.0.1:1" {
		t.Errorf("%+v", all[1])
	}
	_, stderr, code = runCLI(t, "kvm", "seal", m.Target("root"), "--verify")
	if code != 3 || !strings.Contains(stderr, "lets nobody in until it is booted") {
		t.Errorf("%d\n%s", code, stderr)
	}
}

func TestKVMSealUsage(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"", "HOST is missing"},
		{"h --only log", `did you mean "logs"?`},
		{"h --only tmp --skip tmp", "leave no operation"},
		{"h --plan --verify", "one of them"},
		{"h h", "named twice"},
	} {
		if _, stderr, code := runCLI(t, append([]string{"kvm", "seal"}, strings.Fields(tt.args)...)...); code != 2 || !strings.Contains(stderr, tt.want) {
			t.Errorf("%q: %d %s", tt.args, code, stderr)
		}
	}
	out, _, code := runCLI(t, "kvm", "seal", "--list", "--format", "json", "--only", "tmp")
	if code != 0 || !strings.Contains(out, `"name": "tmp"`) || strings.Contains(out, "logs") {
		t.Errorf("--list: %d %s", code, out)
	}
}
