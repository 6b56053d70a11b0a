//go:build unix

package confd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/confd"
)

// site is a confdir with one pair, and metadata for it.
type site struct {
	*confd.Applier
	dir, dest string
	r         *confd.Resource
	src       confd.Source
}

func newSite(t *testing.T, tmpl, more string) *site {
	t.Helper()
	dir := t.TempDir()
	s := &site{dir: dir, dest: dir + "/out/x.conf", Applier: &confd.Applier{ConfDir: dir}}
	mustDo(t, os.MkdirAll(dir+"/templates", 0o755))
	mustDo(t, os.WriteFile(dir+"/templates/x.tmpl", []byte(tmpl), 0o644))
	var err error
	s.r, err = confd.ParseResource("x.toml", fmt.Appendf(nil, "[template]\nsrc='x.tmpl'\ndest='%s'\nkeys=['/']\nprefix='/self'\n%s\n", s.dest, more))
	mustDo(t, err)
	s.src = confd.TreeSource("/self", map[string]any{"v": "1"})
	return s
}

func (s *site) apply() (bool, error) { return s.Apply(context.Background(), s.r, s.src) }

func (s *site) want(t *testing.T, files ...string) {
	t.Helper()
	got, err := filepath.Glob(s.dir + "/out/*")
	hidden, _ := filepath.Glob(s.dir + "/out/.*")
	mustDo(t, err)
	for i, f := range append(got, hidden...) {
		if got = append(got[:i], f); len(files) <= i || filepath.Base(f) != files[i] {
			t.Errorf("files %q, want %q", got, files)
			return
		}
	}
	if len(got) != len(files) {
		t.Errorf("files %q, want %q", got, files)
	}
}

func content(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	mustDo(t, err)
	return string(data)
}

func TestApplyTellsWhatChanged(t *testing.T) {
	s := newSite(t, `v={{getv "/v"}}`, "")
	for i, want := range []bool{true, false} {
		if changed, err := s.apply(); err != nil || changed != want {
			t.Errorf("run %d: changed %v, %v", i, changed, err)
		}
	}
	s.want(t, "x.conf")
	mustDo(t, os.WriteFile(s.dir+"/templates/x.tmpl", []byte("other"), 0o644))
	s.r.ReloadCmd = "exit 3"
	changed, err := s.apply()
	var exit *exec.ExitError
	if !changed || !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("changed %v, %v", changed, err)
	}
	if got := content(t, s.dest); got != "other" {
		t.Errorf("dest has %q", got)
	}
}

func TestNoop(t *testing.T) {
	s := newSite(t, "x", "check_cmd = 'touch checked'\nreload_cmd = 'touch reloaded'")
	t.Chdir(s.dir)
	s.Noop = true
	if changed, err := s.apply(); changed || err != nil {
		t.Errorf("changed %v, %v", changed, err)
	}
	s.want(t)
	for _, f := range []string{"checked", "reloaded"} {
		if _, err := os.Stat(f); err == nil {
			t.Errorf("%s ran", f)
		}
	}
	mustDo(t, os.WriteFile(s.dir+"/templates/x.tmpl", []byte(`{{getv "/nope"}}`), 0o644))
	if _, err := s.apply(); err == nil {
		t.Error("a broken template passed")
	}
}

func TestKeepStage(t *testing.T) {
	s := newSite(t, "x", "check_cmd = 'exit 1'")
	s.KeepStage = true
	if _, err := s.apply(); err == nil {
		t.Error("the check passed")
	}
	kept, _ := filepath.Glob(s.dir + "/out/.x.conf*")
	if len(kept) != 1 || content(t, kept[0]) != "x" {
		t.Errorf("kept %q", kept)
	}
	s.r.CheckCmd = ""
	for range 2 { // swapped, then in sync
		if _, err := s.apply(); err != nil {
			t.Error(err)
		}
	}
	if kept, _ = filepath.Glob(s.dir + "/out/.x.conf*"); len(kept) != 2 {
		t.Errorf("kept %q", kept)
	}
}

func TestCheckCommand(t *testing.T) {
	for command, wantErr := range map[string]string{
		`test "$(cat {{.src}})" = x`:      "",
		`test {{.nope}}= = '<no value>='`: "",
		`{{printf "%s" "true"}}`:          "",
		`false`:                           "checking",
		`{{getv "/v"}}`:                   `function "getv" not defined`,
		`{{.src`:                          "unclosed action",
		`{{range 1000000000000}}{{end}}`:  "steps",
		`{{range 1000000}}{{printf "%999d" 1}}{{end}}`: "output",
	} {
		s := newSite(t, "x", "")
		s.r.CheckCmd = command
		if strings.Contains(command, "<no value>") {
			s.r.CheckCmd = `test '{{.nope}}' = '<no value>'`
		}
		changed, err := s.apply()
		if (wantErr == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), wantErr) || changed != (err == nil) {
			t.Errorf("%s: changed %v, %v", command, changed, err)
		}
	}
}

func TestFailedCommandsAreLogged(t *testing.T) {
	var log bytes.Buffer
	s := newSite(t, "x", "reload_cmd = 'echo out; echo 100% >&2; exit 4'")
	s.Log = slog.New(slog.NewTextHandler(&log, nil))
	if _, err := s.apply(); err == nil {
		t.Error("the reload passed")
	}
	if !strings.Contains(log.String(), `output="out\n100%\n"`) {
		t.Errorf("log: %s", &log)
	}
}

// An owner that cannot be set is no difference to start over for.
func TestOwnerOutOfReach(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("needs not to be root")
	}
	s := newSite(t, "x", "uid = 0")
	for i, want := range []bool{true, false} {
		if changed, err := s.apply(); err != nil || changed != want {
			t.Errorf("run %d: changed %v, %v", i, changed, err)
		}
	}
}

func TestRunShellDoesNotWaitForWhatItLeaves(t *testing.T) {
	start := time.Now()
	out, err := confd.RunShell(context.Background(), "echo before; sleep 30 & echo $!; exit 5")
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 5 {
		t.Errorf("got %v", err)
	}
	first, pid, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if first != "before" || time.Since(start) > 10*time.Second {
		t.Errorf("%q after %v", out, time.Since(start))
	}
	if err := exec.Command("kill", pid).Run(); err != nil {
		t.Errorf("the child %s is gone: %v", pid, err)
	}
}

func TestRunShellLeavesTheCommandWhenItIsTold(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	file := t.TempDir() + "/done"
	start := time.Now()
	out, err := confd.RunShell(ctx, "echo started; sleep 2; echo on > "+file)
	if !errors.Is(err, context.DeadlineExceeded) || string(out) != "started\n" || time.Since(start) > time.Second {
		t.Errorf("%q, %v after %v", out, err, time.Since(start))
	}
	for range 100 {
		if data, _ := os.ReadFile(file); string(data) == "on\n" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the command was ended")
}

func TestRunShellKeepsTheEndOfTheOutput(t *testing.T) {
	out, err := confd.RunShell(context.Background(), "seq 100000; echo end")
	if err != nil || len(out) != 64<<10 || !strings.HasSuffix(string(out), "100000\nend\n") {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	t.Setenv("TMPDIR", t.TempDir()+"/nope")
	if out, err := confd.RunShell(context.Background(), "echo x"); err != nil || out != nil {
		t.Errorf("%q, %v", out, err)
	}
}

func TestApplyAllGoesOn(t *testing.T) {
	a, b := newSite(t, "", ""), newSite(t, "x", "")
	mustDo(t, os.WriteFile(b.dir+"/templates/bad.tmpl", []byte(`{{getv "/nope"}}`), 0o644))
	a.r.Src = "bad.tmpl"
	err := b.ApplyAll(context.Background(), []*confd.Resource{a.r, b.r}, b.src)
	if err == nil || content(t, b.dest) != "x" {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.ApplyAll(ctx, []*confd.Resource{b.r}, b.src); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestEffectivePrefix(t *testing.T) {
	flag := func(s string) *string { return &s }
	for _, c := range []struct {
		flag      *string
		own, want string
	}{
		{nil, "", "/"}, {nil, "p/", "/p"}, {flag(""), "/p", "/p"}, {flag("/"), "/p", "/"}, {flag("a//b/../c/"), "/p", "/a/c"},
	} {
		a := &confd.Applier{Prefix: c.flag}
		if got := a.EffectivePrefix(&confd.Resource{Prefix: c.own}); got != c.want {
			t.Errorf("flag %v, own %q: %q", c.flag, c.own, got)
		}
	}
}
