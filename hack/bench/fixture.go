package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
)

// shIn is sh in a folder.
func (b *bench) shIn(dir string, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(b.ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
	}
	return nil
}

// addPair gives the project the pair whose template the edits change.
func (w *imageWork) addPair() error {
	toml := "[template]\nsrc = \"app.conf.tmpl\"\ndest = \"/opt/app/conf/app.conf\"\nkeys = [\"/env\"]\nmode = \"0644\"\n"
	if err := os.WriteFile(filepath.Join(w.project(), "confd/conf.d/app.conf.toml"), []byte(toml), 0o644); err != nil {
		return err
	}
	if err := w.shIn(w.project(), nil, w.bin("appimg"), "add", "env", "port", "--type", "integer", "--default", "8080"); err != nil {
		return err
	}
	return w.edit()
}

// writeAppFile writes a file that compresses about as well as a jar or a
// stripped binary does: random runs between runs of text. Always the same bytes.
func writeAppFile(name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	rnd := rand.NewChaCha8([32]byte{1})
	chunk := make([]byte, 1<<20)
	for range appSize / len(chunk) {
		if _, err := rnd.Read(chunk[:len(chunk)/2]); err != nil {
			return err
		}
		for i := len(chunk) / 2; i < len(chunk); i++ {
			chunk[i] = "abcdefghijklmnopqrstuvwxyz012345"[(i*i>>3)&31]
		}
		if _, err := f.Write(chunk); err != nil {
			return err
		}
	}
	return f.Close()
}

const peerDockerfile = `FROM appimg-bench-base:1
COPY .bench/confd /opt/qingcloud/app-agent/bin/confd
COPY rootfs/ /
COPY confd/ /etc/confd/
ENTRYPOINT ["/opt/qingcloud/app-agent/bin/confd"]
`

// makeBase makes one small base image for all: in the engine, and as a file.
func (w *imageWork) makeBase() error {
	base := filepath.Join(w.dir, "base")
	script := fmt.Sprintf(`set -e
mkdir -p %[1]s/bin %[1]s/etc %[1]s/tmp
cp "$(command -v busybox)" %[1]s/bin/busybox
ln -sf busybox %[1]s/bin/sh
tar -C %[1]s -c . | %[2]s import - appimg-bench-base:1
%[2]s save -o %[1]s.tar appimg-bench-base:1
mkdir -p %[3]s/.bench
cp %[4]s %[3]s/.bench/confd`, base, w.docker, w.project(), w.bin("confd"))
	if err := w.sh(nil, "sh", "-c", script); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.dir, "Dockerfile"), []byte(peerDockerfile), 0o644)
}
