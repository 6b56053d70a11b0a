//go:build linux

package daemon_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/confd/metad/metadtest"
)

// windowsMachine is a folder of Wine's drive C: with the layout of the agent
// there. The daemon is built for amd64: Debian's wine64 runs nothing else.
type windowsMachine struct {
	*machine
	env  []string
	root string // the folder as Windows calls it
}

func newWindowsMachine(t *testing.T) *windowsMachine {
	t.Helper()
	drive, env := testneed.Wine(t)
	dir, err := os.MkdirTemp(drive, "App Agent ")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	m := &windowsMachine{machine: &machine{t: t, dir: dir}, env: env, root: `C:\` + filepath.Base(dir)}
	for _, d := range []string{"bin", "log", "conf/conf.d", "conf/templates", "out"} {
		if err := os.MkdirAll(m.path(d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := goBuild(testneed.ModuleRoot(t), "amd64", m.path("bin/confd.exe"), "GOOS=windows"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return m
}

// run runs a program of Windows to its end. Its output goes to a file: what it
// leaves in the background would keep a pipe open.
func (m *windowsMachine) run(args ...string) (string, int) {
	m.t.Helper()
	out, err := os.CreateTemp(m.t.TempDir(), "")
	if err != nil {
		m.t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command("wine", args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = m.env, out, out
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.t.Fatal(err)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		m.t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

func (m *windowsMachine) confd(s *metadtest.Server, more ...string) (string, int) {
	m.t.Helper()
	return m.run(append([]string{m.path("bin/confd.exe"), "-node", s.Addr(), "-prefix", "/self", "-confdir", m.root + `\conf`}, more...)...)
}

// pairOf is a pair whose dest is in the folder out.
func (m *windowsMachine) pairOf(name, tmpl, more string) {
	m.write("conf/templates/"+name+".tmpl", tmpl)
	m.write("conf/conf.d/"+name+".toml", fmt.Sprintf("[template]\nsrc = \"%s.tmpl\"\ndest = '%s\\out\\%s'\nkeys = [\"/\"]\n%s\n", name, m.root, name, more))
}

func TestOnWindowsPairsAreAppliedOnce(t *testing.T) {
	m := newWindowsMachine(t)
	s := metadtest.New(t, map[string]any{"env": map[string]any{"a": "1"}})
	m.pairOf("a", showA, fmt.Sprintf("mode = \"0444\"\nuid = 0\ncheck_cmd = 'findstr /C:\"a=1\" \"{{.src}}\" >nul'\nreload_cmd = 'echo \"a b\" %%OS%% ^& x:y>> \"%s\\out\\reloads\"'", m.root))
	for range 2 {
		if out, code := m.confd(s, "-onetime"); code != 0 {
			t.Fatalf("exit code %d\n%s", code, out)
		}
	}
	if m.read("out/a") != "a=1" || m.read("out/reloads") != "\"a b\" Windows_NT & x:y\r\n" {
		t.Errorf("%q, reloads %q", m.read("out/a"), m.read("out/reloads"))
	}
	// What another program made read-only is replaced as elsewhere.
	if out, code := m.run("attrib", "+r", m.root+`\out\a`); code != 0 {
		t.Fatal(out)
	}
	m.pairOf("a", "new "+showA, "check_cmd = 'exit 0'")
	if out, code := m.confd(s, "-onetime"); code != 0 || m.read("out/a") != "new a=1" {
		t.Errorf("exit code %d, %q\n%s", code, m.read("out/a"), out)
	}
	m.pairOf("a", "bad "+showA, "check_cmd = 'echo no& exit 3'")
	if out, code := m.confd(s, "-onetime"); code != 1 || m.read("out/a") != "new a=1" || !strings.Contains(out, "no") {
		t.Errorf("a check that fails: exit code %d, %q\n%s", code, m.read("out/a"), out)
	}
	if left, err := os.ReadDir(m.path("out")); err != nil || len(left) != 2 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestOnWindowsAFileThatIsOpen(t *testing.T) {
	m := newWindowsMachine(t)
	s := metadtest.New(t, map[string]any{"env": map[string]any{"a": "1"}})
	hold := exec.Command("go", "build", "-o", m.path("bin/hold.exe"), "./testdata/hold")
	hold.Env = append(os.Environ(), "GOOS=windows", "CGO_ENABLED=0")
	if out, err := hold.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m.pairOf("a", showA, "")
	m.write("out/a", "old")
	holder := exec.CommandContext(t.Context(), "wine", m.path("bin/hold.exe"), m.root+`\out\a`)
	holder.Env = m.env
	letGo, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	opened, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(opened).ReadString('\n'); err != nil || line != "open\n" {
		t.Fatalf("%q, %v", line, err)
	}
	out, code := m.confd(s, "-onetime")
	if code != 1 || m.read("out/a") != "old" || !strings.Contains(out, "keeps it from being replaced") {
		t.Errorf("a file that stays open: exit code %d, %q\n%s", code, m.read("out/a"), out)
	}
	// A reader that is done while the daemon tries again.
	go func() {
		time.Sleep(500 * time.Millisecond)
		_ = letGo.Close()
	}()
	if out, code := m.confd(s, "-onetime"); code != 0 || m.read("out/a") != "a=1" {
		t.Errorf("a file that is closed: exit code %d, %q\n%s", code, m.read("out/a"), out)
	}
	if err := holder.Wait(); err != nil {
		t.Error(err)
	}
}

func TestOnWindowsExecBat(t *testing.T) {
	m := newWindowsMachine(t)
	script, err := os.ReadFile(filepath.Join(testneed.ModuleRoot(t), "pkg/agent/files/windows/exec.bat"))
	if err != nil {
		t.Fatal(err)
	}
	m.write("bin/exec.bat", string(script))
	execute := func(info string) int {
		t.Helper()
		m.write("log/cmd.info", info)
		_, code := m.run("cmd.exe", "/D", "/C", m.root+`\bin\exec.bat`)
		return code
	}
	if code := execute("\r\n\r\n"); code != 0 || m.read("log/cmd.log") != "<none>" {
		t.Errorf("no command: exit code %d, %q", code, m.read("log/cmd.log"))
	}
	if code := execute("\nid1:echo \"a:b\" %OS% ^& !x!\n\n"); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if code := execute("id2:echo Größe>nul& exit 7"); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if code := execute("id3:set Y=five\necho %Y%\n"); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if got, want := m.read("log/app.log"), "\"a:b\" Windows_NT & !x!\r\nfive\r\n"; got != want {
		t.Errorf("app.log is %q, want %q", got, want)
	}
	times := regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d `)
	want := "id1 [executing]: echo \"a:b\" %OS% ^& !x!\r\nid1 [successful]: echo \"a:b\" %OS% ^& !x!\r\n" +
		"id2 [executing]: echo Größe>nul& exit 7\r\nid2 [failed7]: echo Größe>nul& exit 7\r\n" +
		"id3 [executing]: set Y=five\necho %Y%\r\nid3 [successful]: set Y=five\necho %Y%\r\n"
	if got := times.ReplaceAllString(m.read("log/cmd.log"), ""); got != want {
		t.Errorf("cmd.log is %q, want %q", got, want)
	}
	if left, err := filepath.Glob(m.path("log/*.bat")); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestOnWindowsAsAService(t *testing.T) {
	m := newWindowsMachine(t)
	s := metadtest.New(t, map[string]any{"env": map[string]any{"a": "1"}})
	m.pairOf("a", showA, "")
	const name = "appimg-test" // the agent's own name is for pkg/kvm/windows, whose tests share the Windows
	program := fmt.Sprintf(`"%s\bin\confd.exe" -watch -node %s -prefix /self -confdir "%s\conf"`, m.root, s.Addr(), m.root)
	if out, code := m.run("sc", "create", name, "binPath=", program, "start=", "demand"); code != 0 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	t.Cleanup(func() { m.run("sc", "delete", name) })
	if out, code := m.run("sc", "start", name); code != 0 {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	is := func(file, text string) {
		t.Helper()
		waitFor(t, file+" is "+text, func() bool { return strings.Contains(m.read(file), text) })
	}
	is("out/a", "a=1")
	s.Set("/env/a", "2")
	is("out/a", "a=2")
	if out, code := m.run("sc", "stop", name); code != 0 {
		t.Errorf("exit code %d\n%s", code, out)
	}
	is("log/confd.log", "starting confd")
	waitFor(t, "stopped", func() bool {
		out, _ := m.run("sc", "query", name)
		return strings.Contains(out, "STOPPED")
	})
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("%s: not within 20 s", what)
}
