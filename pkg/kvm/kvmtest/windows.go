package kvmtest

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
)

// WindowsServer is Wine's Windows behind an OpenSSH server that greets as
// Microsoft's does: what is sent goes to Wine's cmd, and files are served by a
// program under Wine, with what Windows thinks of names and of open files.
type WindowsServer struct {
	*Server
	Drive string   // the folder of the drive C:
	Env   []string // to run wine in
	Nssm  string   // a program that does, by the name nssm.exe, as nssm would
}

// StartWindows starts a server that ends with the test. The tests of one
// machine share the Windows: one server is there at a time, and what the agent's
// installation leaves is removed before and after.
func StartWindows(t testing.TB) *WindowsServer {
	t.Helper()
	drive, env := testneed.Wine(t)
	lock, err := os.OpenFile(filepath.Join(filepath.Dir(drive), "appimg.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	must(t, err)
	must(t, syscall.Flock(int(lock.Fd()), syscall.LOCK_EX))
	t.Cleanup(func() { _ = lock.Close() })
	w := &WindowsServer{Drive: drive, Env: env}
	w.Nssm = w.Build(t, "github.com/appimg/appimg/pkg/kvm/kvmtest/testdata/winhost")
	session := filepath.Join(t.TempDir(), "session")
	text := "#!/bin/sh\n"
	for _, v := range env {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "WINE") || name == "DISPLAY" || name == "PATH" {
			text += fmt.Sprintf("export %s='%s'\n", name, value)
		}
	}
	must(t, os.WriteFile(session, []byte(text+"exec wine '"+w.Nssm+"'\n"), 0o755))
	w.Server = StartServer(t, ServerOptions{Config: "VersionAddendum OpenSSH_for_Windows_9.5\nForceCommand " + session})
	w.clean(t)
	t.Cleanup(func() { w.clean(t) })
	return w
}

// Wine runs a program of Windows, and is what it printed. A program that begins
// while Wine's server is ending is turned away, and has done nothing: it is run again.
func (w *WindowsServer) Wine(t testing.TB, args ...string) string {
	t.Helper()
	text := ""
	for range 5 {
		if text = w.wineOnce(t, args); !strings.Contains(text, "wine client error:") {
			break
		}
	}
	return text
}

func (w *WindowsServer) wineOnce(t testing.TB, args []string) string {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), "")
	must(t, err)
	defer out.Close()
	cmd := exec.Command("wine", args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = w.Env, out, out // no pipe: a service would keep it open
	_ = cmd.Run()                                     // what it printed tells
	text, err := os.ReadFile(out.Name())
	must(t, err)
	return string(text)
}

func (w *WindowsServer) clean(t testing.TB) {
	w.Wine(t, "sc", "stop", "QingCloud_App_Agent")
	w.Wine(t, "sc", "delete", "QingCloud_App_Agent")
	for _, p := range []string{"Program Files (x86)/QingCloud", "Program Files (x86)/appimg", "nssm.log"} {
		must(t, os.RemoveAll(filepath.Join(w.Drive, p)))
	}
}

// Build is the file of a program of this module, built for windows/amd64, the
// only kind that Debian's Wine runs. It stays for the next test, which finds it
// up to date.
func (w *WindowsServer) Build(t testing.TB, pkg string) (file string) {
	t.Helper()
	file = filepath.Join(filepath.Dir(w.Drive), "appimg-bin", path.Base(pkg)+".exe")
	cmd := exec.Command("go", "build", "-o", file, pkg)
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}
