package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/appimg/appimg/internal/testneed"
)

const largeCluster = `{"name": "x", "description": "", "vxnet": "", "nodes": [
	{"role": "a", "count": 3, "container": {"type": "kvm", "image": "img-12345678", "zone": "a"}, "volume": {"size": 10}},
	{"role": "b", "count": 3, "container": {"type": "kvm", "image": "img-12345678", "zone": "a"}, "volume": {"size": 10}}]}`

// largeApp writes an app of n pairs, whose templates are long.
func largeApp(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "app", "cluster.json.mustache"), largeCluster)
	long := strings.Repeat("{{range ls \"/hosts\"}}line = {{.}}\n{{end}}", 100)
	for i := range n {
		put(t, filepath.Join(dir, "confd", "conf.d", fmt.Sprintf("%d.toml", i)), fmt.Sprintf("[template]\nsrc = \"%d.tmpl\"\ndest = \"/etc/x/%d.conf\"\nkeys = [\"/\"]\n", i, i))
		put(t, filepath.Join(dir, "confd", "templates", fmt.Sprintf("%d.tmpl", i)), long)
	}
	return dir
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// Ctrl-C ends lint soon, with 130, and nothing half done.
func TestLintIsInterrupted(t *testing.T) {
	app, report := largeApp(t, 1500), filepath.Join(t.TempDir(), "out.json")
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		cmd := exec.Command("appimg", "lint", "--format", "json="+report, app)
		var out, errOut bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errOut
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		untilItReads(t, cmd.Process.Pid, 1<<20)
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // the code says it
		if code := cmd.ProcessState.ExitCode(); code != 130 || errOut.String() != "appimg: interrupted\n" || out.Len() > 0 {
			t.Errorf("%v: exit code %d, stderr %q, stdout %q", signal, code, errOut.String(), out.String())
		}
		if _, err := os.Stat(report); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v: a report was written (%v)", signal, err)
		}
	}
}

// untilItReads waits until a program has read some bytes: then it is at work.
func untilItReads(t *testing.T, pid, bytes int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
		if err != nil {
			testneed.Missing(t, "/proc, which tells what a program has read", err.Error())
		}
		rest, _ := strings.CutPrefix(string(data), "rchar: ")
		count, _, _ := strings.Cut(rest, "\n")
		if n, err := strconv.Atoi(count); err == nil && n > bytes {
			return
		}
	}
	t.Fatal("lint does not begin")
}

// A repository that is edited while lint reads it is linted as it is found, or
// not: lint never crashes, and always ends.
func TestLintWhileFilesChange(t *testing.T) {
	dir := largeApp(t, 20)
	put(t, filepath.Join(dir, "appimg.toml"), "name = \"x\"\n")
	put(t, filepath.Join(dir, "rootfs", "opt", "run.sh"), "#!/bin/sh\necho a > /var/log/x\n")
	ctx, stop := context.WithCancel(t.Context())
	var editors sync.WaitGroup
	editors.Go(func() { edit(ctx, dir) })
	defer editors.Wait()
	defer stop()
	for range 200 {
		limit, done := context.WithTimeout(t.Context(), 2*time.Minute)
		out, err := exec.CommandContext(limit, "appimg", "lint", "--format", "json", dir).CombinedOutput()
		done()
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() < 1 || exit.ExitCode() > 2) || bytes.Contains(out, []byte("goroutine ")) {
			t.Fatalf("%v:\n%s", err, out)
		}
	}
}

// edit changes, empties, removes, renames and makes files and folders of an app
// until ctx ends.
func edit(ctx context.Context, dir string) {
	names := []string{
		"appimg.toml", "app/cluster.json.mustache", "app/config.json", "app/locale/en.json", "confd/conf.d/1.toml", "confd/conf.d/2.toml",
		"confd/templates/1.tmpl", "confd/templates/2.tmpl", "rootfs/opt/run.sh", "rootfs/opt/more.sh",
	}
	texts := []string{"", "{", largeCluster, "[template]\nsrc = \"1.tmpl\"\ndest = \"/etc/1\"\n", "#!/bin/sh\nif", strings.Repeat("x", 1<<16), "name = \"x\"\n"}
	for ctx.Err() == nil {
		file := filepath.Join(dir, filepath.FromSlash(names[rand.IntN(len(names))]))
		// What fails is another of the states that a repository may be in.
		switch rand.IntN(8) {
		case 0:
			_ = os.Remove(file)
		case 1:
			_ = os.RemoveAll(filepath.Dir(file))
		case 2:
			_ = os.Remove(file)
			_ = os.Symlink("../..", file)
		case 3:
			_ = os.Mkdir(file, 0o755)
		case 4:
			_ = os.Rename(file, file+".toml")
		default:
			_ = os.MkdirAll(filepath.Dir(file), 0o755)
			_ = os.WriteFile(file, []byte(texts[rand.IntN(len(texts))]), 0o644)
		}
	}
}
