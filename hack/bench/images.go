package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// appSize is the size of the app's own files in the image, in bytes: a JVM
// with a small server, or a database.
const appSize = 64 << 20

// images measures build and push, cold and after a one-line template edit:
// appimg beside docker build + docker push (BuildKit) and crane append, with
// the same base and the same files, into the same kind of registry.
func (b *bench) images() error {
	title("Image: build and push (64 MiB of app files)")
	for _, tool := range []string{"docker", "docker-registry"} {
		if _, err := exec.LookPath(tool); err != nil {
			fmt.Printf("  left out: %s is not here (hack/test-deps installs it)\n", tool)
			return nil
		}
	}
	w := &imageWork{bench: b, dir: filepath.Join(b.work, "images"), docker: dockerClient()}
	if err := w.prepare(); err != nil {
		return err
	}
	defer w.cleanUp()
	makers := []maker{{"appimg docker build --push", w.appimg}, {"docker build + docker push", w.dockerBuild}, {"crane append", w.crane}}
	for _, phase := range []struct {
		name string
		cold bool
	}{{"cold", true}, {"after a one-line template edit", false}} {
		fmt.Printf(" %s\n", phase.name)
		var ours time.Duration
		for _, m := range makers {
			d, err := w.measure(m, phase.cold)
			if err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
			if ours == 0 {
				ours = d
			}
			row(m.name, d, ours)
		}
	}
	return nil
}

// dockerClient is Debian's own client where it is: it knows BuildKit without plugins.
func dockerClient() string {
	if _, err := os.Stat("/usr/bin/docker"); err == nil {
		return "/usr/bin/docker"
	}
	return "docker"
}

// maker makes and pushes the image once.
type maker struct {
	name string
	run  func(reg *registry, cold bool) error
}

type imageWork struct {
	*bench
	dir    string // the work of this part
	docker string
	reg    *registry
	round  int
}

func (w *imageWork) project() string { return filepath.Join(w.dir, "project") }

// template is the file that an edit changes.
func (w *imageWork) template() string {
	return filepath.Join(w.project(), "confd/templates/app.conf.tmpl")
}

// measure is the median time of m. Cold: nothing is cached and the registry
// holds the base only. Otherwise: everything is as the build before left it,
// but for one line of one template.
func (w *imageWork) measure(m maker, cold bool) (time.Duration, error) {
	if !cold {
		if err := w.freshRegistry(); err != nil {
			return 0, err
		}
		if err := m.run(w.reg, true); err != nil {
			return 0, err
		}
	}
	return w.median(func(int) (time.Duration, error) {
		w.round++
		if cold {
			if err := w.freshRegistry(); err != nil {
				return 0, err
			}
		} else if err := w.edit(); err != nil {
			return 0, err
		}
		return timed(func() error { return m.run(w.reg, cold) })
	})
}

func (w *imageWork) edit() error {
	return os.WriteFile(w.template(), fmt.Appendf(nil, "# round %d\nport = {{getv \"/env/port\"}}\n", w.round), 0o644)
}

// freshRegistry starts a registry that holds the base, and forgets every cache.
func (w *imageWork) freshRegistry() error {
	if w.reg != nil {
		w.reg.stop()
	}
	dir := filepath.Join(w.dir, "registry")
	for _, d := range []string{dir, filepath.Join(w.dir, "cache")} {
		if err := os.RemoveAll(d); err != nil {
			return err
		}
	}
	var err error
	if w.reg, err = w.startRegistry(dir); err != nil {
		return err
	}
	if err := w.sh(nil, w.craneBin(), "push", filepath.Join(w.dir, "base.tar"), w.reg.addr+"/base:1"); err != nil {
		return err
	}
	return w.sh(nil, w.docker, "builder", "prune", "-af")
}

func (w *imageWork) craneBin() string { return filepath.Join(w.dir, "crane") }

func (w *imageWork) appimg(reg *registry, _ bool) error {
	return w.shIn(w.project(), []string{"XDG_CACHE_HOME=" + filepath.Join(w.dir, "cache")},
		w.bin("appimg"), "docker", "build", "-q", "--base", reg.addr+"/base:1", "--push", "-t", reg.addr+"/app:1")
}

func (w *imageWork) dockerBuild(reg *registry, cold bool) error {
	args := []string{"build", "-q", "-t", reg.addr + "/app:1", "-f", filepath.Join(w.dir, "Dockerfile"), w.project()}
	if cold {
		args = append([]string{"build", "--no-cache"}, args[1:]...)
	}
	if err := w.shIn(w.dir, []string{"DOCKER_BUILDKIT=1"}, w.docker, args...); err != nil {
		return err
	}
	return w.sh(nil, w.docker, "push", "-q", reg.addr+"/app:1")
}

// crane appends the app's files once; after an edit it appends the pairs to that.
func (w *imageWork) crane(reg *registry, cold bool) error {
	rootfs, pairs := filepath.Join(w.dir, "rootfs.tar"), filepath.Join(w.dir, "pairs.tar")
	if cold {
		if err := w.sh(nil, "tar", "-C", filepath.Join(w.project(), "rootfs"), "-cf", rootfs, "."); err != nil {
			return err
		}
		if err := w.sh(nil, w.craneBin(), "append", "-b", reg.addr+"/base:1", "-f", rootfs, "-t", reg.addr+"/app:files"); err != nil {
			return err
		}
	}
	if err := w.sh(nil, "tar", "-C", filepath.Join(w.project(), "confd"), "-cf", pairs, "."); err != nil {
		return err
	}
	return w.sh(nil, w.craneBin(), "append", "-b", reg.addr+"/app:files", "-f", pairs, "-t", reg.addr+"/app:1")
}

func (w *imageWork) cleanUp() {
	if w.reg != nil {
		w.reg.stop()
	}
	_ = w.sh(nil, w.docker, "image", "rm", "-f", "appimg-bench-base:1")
	_ = w.sh(nil, "sh", "-c", w.docker+` images --format '{{.Repository}}:{{.Tag}}' | grep '^127.0.0.1:.*/\(app\|base\):' | xargs -r `+w.docker+" image rm -f")
}

// prepare makes the project, the base and the Dockerfile of the peer.
func (w *imageWork) prepare() error {
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		return err
	}
	if err := w.shIn(w.root, nil, "go", "build", "-modfile", "hack/tools/go.mod", "-o", w.craneBin(), "github.com/google/go-containerregistry/cmd/crane"); err != nil {
		return err
	}
	if err := w.shIn(w.dir, nil, w.bin("appimg"), "init", "project", "--preset", "blank", "--type", "docker"); err != nil {
		return err
	}
	if err := w.addPair(); err != nil {
		return err
	}
	if err := writeAppFile(filepath.Join(w.project(), "rootfs/opt/app/lib/app.bin")); err != nil {
		return err
	}
	return w.makeBase()
}
