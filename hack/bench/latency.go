package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/metadata/server"
)

// latency measures the way from a change of metadata to the swapped files, and
// what the waiting daemon holds in memory.
func (b *bench) latency() error {
	title("Daemon: from a change of metadata to the swapped files")
	for _, n := range []int{30, 100} {
		if err := b.latencyOf(n); err != nil {
			return err
		}
	}
	fmt.Println("  (QingCloud's metad and confd, 30 resources: 114 ms to the first, 169 ms to the last, 19 MB)")
	return nil
}

func (b *bench) latencyOf(resources int) error {
	srv := server.New(server.Options{})
	if err := srv.ReplaceData("/", map[string]any{"clusters": map[string]any{"cl-1": map[string]any{"env": map[string]any{"v": "0"}}}}); err != nil {
		return err
	}
	if err := srv.SetMapping(map[string]any{"127.0.0.1": map[string]any{"env": "/clusters/cl-1/env"}}); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	go func() { _ = http.Serve(l, srv.Data()) }()

	dir := filepath.Join(b.work, fmt.Sprint("latency", resources))
	files, err := writeResources(dir, resources)
	if err != nil {
		return err
	}
	daemon := exec.CommandContext(b.ctx, b.bin("confd"), "-watch", "-node", l.Addr().String(), "-prefix", "/self", "-confdir", dir, "-log-level", "error")
	if err := daemon.Start(); err != nil {
		return err
	}
	defer func() { _ = daemon.Process.Kill(); _ = daemon.Wait() }()
	if _, _, err := awaitAll(files, "0"); err != nil {
		return err
	}
	var firsts []time.Duration
	last, err := b.median(func(i int) (time.Duration, error) {
		time.Sleep(200 * time.Millisecond)
		want := fmt.Sprint(i + 1)
		if err := srv.MergeData("/clusters/cl-1/env", map[string]any{"v": want}); err != nil {
			return 0, err
		}
		first, last, err := awaitAll(files, want)
		firsts = append(firsts, first)
		return last, err
	})
	if err != nil {
		return err
	}
	slices.Sort(firsts)
	row(fmt.Sprintf("%d resources, first file", resources), firsts[len(firsts)/2], 0)
	row(fmt.Sprintf("%d resources, last file", resources), last, 0)
	fmt.Printf("  %-44s %9s\n", fmt.Sprintf("%d resources, resident memory", resources), residentMemory(daemon.Process.Pid))
	return nil
}

// writeResources makes pairs that each write the same value to a file of their own.
func writeResources(dir string, n int) (files []string, err error) {
	for _, d := range []string{"conf.d", "templates", "out"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	for i := range n {
		name := fmt.Sprintf("r%03d", i)
		file := filepath.Join(dir, "out", name)
		toml := fmt.Sprintf("[template]\nsrc = \"%s.tmpl\"\ndest = \"%s\"\nkeys = [\"/env\"]\n", name, file)
		if err := os.WriteFile(filepath.Join(dir, "conf.d", name+".toml"), []byte(toml), 0o644); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, "templates", name+".tmpl"), []byte(`{{getv "/env/v"}}`), 0o644); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// awaitAll waits until every file holds want: how long the first and the last took.
func awaitAll(files []string, want string) (first, last time.Duration, err error) {
	start := time.Now()
	left := slices.Clone(files)
	for len(left) > 0 {
		if time.Since(start) > 20*time.Second {
			return 0, 0, fmt.Errorf("%d of %d files do not hold %q after 20 s", len(left), len(files), want)
		}
		before := len(left)
		left = slices.DeleteFunc(left, func(f string) bool {
			data, err := os.ReadFile(f)
			return err == nil && string(data) == want
		})
		if len(left) < before && first == 0 {
			first = time.Since(start)
		}
		time.Sleep(2 * time.Millisecond) // looking takes the daemon's processor away
	}
	return first, time.Since(start), nil
}

func residentMemory(pid int) string {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strings.TrimSpace(rest)
		}
	}
	return "unknown"
}
