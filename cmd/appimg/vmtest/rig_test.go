package vmtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

// patience bounds the wait for anything on a VM: without KVM, beside other tests.
const patience = 3 * time.Minute

// rig is a VM, the project that goes onto it, and the metadata of its cluster.
type rig struct {
	*testing.T
	vm     *kvmtest.VM
	appimg string
	dir    string // of the desk; the project is in app
	listen string // the metadata server's port for nodes, as the VM sees it
	manage string // the operator's port
}

func newRig(t *testing.T, image string) *rig {
	r := &rig{T: t, appimg: testneed.Binary(t, "appimg"), dir: t.TempDir()}
	r.vm = kvmtest.StartVM(t, kvmtest.VMOptions{Image: image})
	r.project()
	r.serve()
	return r
}

// project is an app whose parameter size becomes a line of a file; a change is
// told to a script.
func (r *rig) project() {
	r.Helper()
	r.run("init", "app", "--preset", "blank", "--type", "kvm")
	r.write("app/appimg.toml", "name = \"app\"\nversion = \"0.1.0\"\n")
	r.write("app/confd/templates/app.conf.tmpl", "address = {{getv \"/host/ip\"}}\nlog_level = {{getv \"/env/log_level\"}}\n")
	r.write("app/rootfs/opt/app/bin/app", "#!/bin/sh\necho \"$*\" >>/run/app-was-told\n")
	r.check(os.Chmod(filepath.Join(r.dir, "app/rootfs/opt/app/bin/app"), 0o755))
}

const rendered = "/opt/app/conf/app.conf"

// serve serves the metadata of the project's cluster; the VM's connections come from loopback.
func (r *rig) serve() {
	r.Helper()
	nodes, manage := testneed.FreeAddr(r.T), testneed.FreeAddr(r.T)
	r.manage = "http://" + manage + "/v1/data"
	r.listen = strings.Replace(nodes, "127.0.0.1", "10.0.2.2", 1)
	server := exec.Command(r.appimg, "metadata", "serve", "-q", "-C", "app", "--listen", nodes, "--manage", manage, "--as", "/1")
	server.Dir, server.Stderr = r.dir, r.Output()
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	r.check(server.Start())
	r.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	r.eventually("the metadata server answers", func() error {
		answer, err := http.Get(r.manage)
		if err == nil {
			err = answer.Body.Close()
		}
		return err
	})
}

// cluster is where the cluster's data is: "clusters/cl-…".
func (r *rig) cluster() string {
	r.Helper()
	var ids map[string]json.RawMessage
	r.check(json.Unmarshal([]byte(r.ask(http.MethodGet, "/clusters", "")), &ids))
	for id := range ids {
		return "/clusters/" + id
	}
	r.Fatal("no cluster")
	return ""
}

func (r *rig) ask(method, path, body string) string {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), method, r.manage+path, strings.NewReader(body))
	r.check(err)
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	r.check(err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	r.check(err)
	if resp.StatusCode != http.StatusOK {
		r.Fatalf("%s %s: %s: %s", method, path, resp.Status, answer)
	}
	return string(answer)
}

// env changes a parameter of the cluster.
func (r *rig) env(key, value string) {
	r.Helper()
	r.ask(http.MethodPut, r.cluster()+"/env/"+key, fmt.Sprintf("%q", value))
}

// command sends a command to the node, as the scheduler does, and waits for its
// result.
func (r *rig) command(id, cmd, result string) {
	r.Helper()
	var hosts map[string]json.RawMessage
	r.check(json.Unmarshal([]byte(r.ask(http.MethodGet, r.cluster()+"/hosts", "")), &hosts))
	for instance := range hosts {
		r.ask(http.MethodPut, r.cluster()+"/cmd/"+instance, fmt.Sprintf(`{"id": %q, "cmd": %q, "timeout": "600"}`, id, cmd))
	}
	r.eventually("command "+id, func() error {
		log := r.vm.Run(r.T, "cat /opt/qingcloud/app-agent/log/cmd.log")
		return errors.Join(wants(log, id+" [executing]: "+cmd), wants(log, id+" ["+result+"]: "+cmd))
	})
}

// run runs appimg on the desk, which must succeed; what it says on stderr is the test's.
func (r *rig) run(args ...string) string {
	r.Helper()
	return r.exits(0, args...)
}

// exits runs appimg, which must end with code.
func (r *rig) exits(code int, args ...string) string {
	r.Helper()
	begin := time.Now()
	cmd := exec.CommandContext(r.Context(), r.appimg, args...)
	cmd.Dir = r.dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != code {
		r.Fatalf("appimg %s: exit code %d (%v), want %d\n%s%s", strings.Join(args, " "), got, err, code, stdout.Bytes(), stderr.Bytes())
	}
	r.Logf("appimg %s: %v", strings.Join(args, " "), time.Since(begin).Round(100*time.Millisecond))
	return stdout.String()
}

// kvm runs a command on the VM, which must end with code; v takes its JSON.
func (r *rig) kvm(code int, v any, name string, args ...string) {
	r.Helper()
	out := r.exits(code, append([]string{"kvm", name, "vm", "-F", r.vm.Config, "--format", "json"}, args...)...)
	if err := json.Unmarshal([]byte(out), v); err != nil {
		r.Fatalf("kvm %s: %v in %s", name, err, out)
	}
}

// eventually waits until ok has no complaint.
func (r *rig) eventually(what string, ok func() error) {
	r.Helper()
	begin := time.Now()
	for {
		err := ok()
		if err == nil {
			r.Logf("%s: after %v", what, time.Since(begin).Round(100*time.Millisecond))
			return
		}
		if time.Since(begin) > patience {
			r.Fatalf("%s: not within %v: %v", what, patience, err)
		}
		time.Sleep(300 * time.Millisecond)
	}
}

// renders waits until the pair's file on the VM has a line.
func (r *rig) renders(line string) {
	r.Helper()
	r.eventually(line, func() error {
		text, _ := r.vm.Try(r.T, "cat "+rendered) // not there yet
		return wants(text, line+"\n")
	})
}

func wants(text, part string) error {
	if strings.Contains(text, part) {
		return nil
	}
	return fmt.Errorf("no %q in %q", part, text)
}

func (r *rig) write(name, text string) {
	r.Helper()
	file := filepath.Join(r.dir, name)
	r.check(errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)))
}

func (r *rig) check(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}
