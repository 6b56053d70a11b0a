// Package testneed lets a test name the component that it needs. Without it
// the test is skipped, by name; with CI=true that is a failure, since
// hack/test-deps installs all of them.
package testneed

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Missing skips the test, which needs component and has it not for the reason
// why; with CI=true it fails.
func Missing(t testing.TB, component, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("needs %s: %s (hack/test-deps installs it)", component, why)
	}
	t.Skipf("needs %s: %s (hack/test-deps installs it)", component, why)
}

// Root is for tests that change owners or mount.
func Root(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		Missing(t, "root", "not running as root")
	}
}

// Tool is the path of a program.
func Tool(t testing.TB, name string) string {
	t.Helper()
	p, err := exec.LookPath(name)
	if err != nil {
		Missing(t, name, err.Error())
	}
	return p
}

// File is for tests that need what a package put at a path, or at one that
// matches a pattern; it returns the first.
func File(t testing.TB, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		Missing(t, pattern, "no such file")
		return ""
	}
	return found[0]
}

// Docker is for tests that need a Docker engine; it returns the docker client's path.
func Docker(t testing.TB) string {
	t.Helper()
	docker := Tool(t, "docker")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if out, err := exec.CommandContext(ctx, docker, "version", "--format", "{{.Server.Version}}").CombinedOutput(); err != nil {
		Missing(t, "a Docker engine", string(out))
	}
	return docker
}

// Shared is the folder name of the reference material beside the checkout.
// It is not part of the project, so its absence only ever skips.
func Shared(t testing.TB, name string) string {
	t.Helper()
	p := filepath.Join(ModuleRoot(t), "..", "shared", name)
	if _, err := os.Stat(p); err != nil {
		t.Skipf("needs ../shared/%s beside the checkout", name)
	}
	return p
}

// ModuleRoot is the folder of go.mod.
func ModuleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = filepath.Dir(dir)
	}
}

// Binary is the path of bin/NAME as make build left it.
func Binary(t testing.TB, name string) string {
	t.Helper()
	p := filepath.Join(ModuleRoot(t), "bin", name)
	if _, err := os.Stat(p); err != nil {
		Missing(t, "bin/"+name, "run make build first")
	}
	return p
}
