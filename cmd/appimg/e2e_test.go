package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/internal/testneed"
)

// rig is what the end-to-end tests stand on: the programs that make build
// made, a real engine, a real registry. Everything it makes carries its name.
type rig struct {
	*testing.T
	name     string // prefix of containers, images, networks
	dir      string
	docker   string
	appimg   string
	registry string // host:port
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{
		T: t, name: fmt.Sprintf("appimg-e2e-%d", os.Getpid()), dir: t.TempDir(),
		docker: testneed.Docker(t), appimg: testneed.Binary(t, "appimg"),
	}
	testneed.Tool(t, "busybox")
	r.registry = testneed.Registry(t, "")
	return r
}

// run runs a program in the rig's folder and returns its stdout; what it says
// on stderr is shown when it fails.
func (r *rig) run(name string, args ...string) string {
	r.Helper()
	out, err := r.try(name, args...)
	if err != nil {
		r.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	return out
}

func (r *rig) try(name string, args ...string) (string, error) {
	cmd := exec.CommandContext(r.Context(), name, args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(r.dir, "cache"))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%w\n%s%s", err, stdout.Bytes(), stderr.Bytes())
	}
	return stdout.String(), nil
}

// remove removes, when the test ends, what a docker command made.
func (r *rig) remove(args ...string) {
	r.Cleanup(func() { _ = exec.Command(r.docker, args...).Run() })
}

// eventually waits until ok says "", and fails with what it says otherwise: a
// busy machine is given a minute.
func (r *rig) eventually(what string, ok func() string) {
	const within = time.Minute
	r.Helper()
	start := time.Now()
	for {
		why := ok()
		if why == "" {
			r.Logf("%s: after %s", what, time.Since(start).Round(10*time.Millisecond))
			return
		}
		if time.Since(start) > within {
			r.Fatalf("%s: not within %s: %s", what, within, why)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// busyboxBase imports a base image of busybox alone, with a stand-in for
// ZooKeeper where the real image has it.
func (r *rig) busyboxBase() string {
	r.Helper()
	root := filepath.Join(r.dir, "base")
	script := `set -e
mkdir -p bin etc tmp run root opt/zookeeper/bin
cp "$(command -v busybox)" bin/busybox
for a in $(bin/busybox --list); do [ "$a" = busybox ] || ln -sf busybox "bin/$a"; done
chmod 1777 tmp
printf 'root:x:0:0:root:/root:/bin/sh\nzookeeper:x:1000:1000::/:/bin/sh\n' >etc/passwd
printf 'root:x:0:\nzookeeper:x:1000:\n' >etc/group
cp "$1" opt/zookeeper/bin/zkServer.sh
rm -f bin/flock # Debian's busybox has none; commands come one at a time here
printf '#!/bin/sh\nexit 0\n' >bin/flock
chmod 755 bin/flock opt/zookeeper/bin/zkServer.sh
tar -c . | "$2" import - "$3"`
	if err := os.MkdirAll(root, 0o755); err != nil {
		r.Fatal(err)
	}
	standIn, err := filepath.Abs("testdata/standin-zkServer.sh")
	if err != nil {
		r.Fatal(err)
	}
	image := r.name + "-base:1"
	cmd := exec.CommandContext(r.Context(), "sh", "-c", script, "sh", standIn, r.docker, image)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		r.Fatalf("making the base image: %v\n%s", err, out)
	}
	r.remove("image", "rm", "-f", image)
	return image
}
