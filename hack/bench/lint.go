package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// lint measures `appimg lint` with all rules: processor time, which other load
// on the machine does not touch, and the most memory that the process had; for
// each published app (../shared/corpus, where it is), all of them together, and
// a preset, whose scripts alone shellcheck reads.
func (b *bench) lint() error {
	title("Lint: processor time and memory of a whole run")
	corpus := filepath.Join(b.root, "..", "shared", "corpus")
	apps, err := os.ReadDir(corpus)
	if err != nil {
		fmt.Printf("  published apps are left out: %v\n", err)
	}
	for _, app := range apps {
		if app.IsDir() {
			if err := b.lintOne(app.Name(), filepath.Join(corpus, app.Name())); err != nil {
				return err
			}
		}
	}
	if len(apps) > 0 {
		if err := b.lintOne("all of them", corpus); err != nil {
			return err
		}
	}
	preset := filepath.Join(b.work, "lint")
	if err := b.sh(nil, b.bin("appimg"), "init", "-q", preset, "--preset", "redis", "--type", "kvm"); err != nil {
		return err
	}
	if err := b.lintOne("preset redis", preset); err != nil {
		return err
	}
	return b.shellcheck(preset)
}

func (b *bench) lintOne(name, dir string) error {
	u, err := b.least(b.bin("appimg"), "lint", "--format", "json", dir)
	if err == nil {
		u.print(name)
	}
	return err
}

// shellcheck reads the shell scripts of a project.
func (b *bench) shellcheck(dir string) error {
	if _, err := exec.LookPath("shellcheck"); err != nil {
		fmt.Println("  shellcheck is not here: left out")
		return nil
	}
	var scripts []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.HasSuffix(path, ".sh") {
			scripts = append(scripts, path)
		}
		return err
	})
	if err != nil || len(scripts) == 0 {
		return err
	}
	u, err := b.least("shellcheck", scripts...)
	if err == nil {
		u.print(fmt.Sprintf("shellcheck, its %d scripts alone", len(scripts)))
	}
	return err
}

// usage is what a process took.
type usage struct {
	cpu    time.Duration
	memory int64 // bytes
}

func (u usage) print(name string) {
	fmt.Printf("  %-44s %9.1f ms of processor %7.1f MB\n", name, float64(u.cpu.Microseconds())/1000, float64(u.memory)/1e6)
}

// least is the least that a command took in n runs. Exit code 1 (it found
// something) is none to worry about.
func (b *bench) least(name string, args ...string) (usage, error) {
	var best usage
	for i := range b.n {
		cmd := exec.CommandContext(b.ctx, name, args...)
		if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() > 1 || cmd.ProcessState.ExitCode() < 0 {
			return best, fmt.Errorf("%s: %w", name, err)
		}
		u := usage{cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
		if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok && runtime.GOOS == "linux" {
			u.memory = r.Maxrss << 10
		}
		if i == 0 || u.cpu < best.cpu {
			best = u
		}
	}
	return best, nil
}
