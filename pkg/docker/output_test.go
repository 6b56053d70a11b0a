package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/appimg/appimg/internal/testneed"
)

// What is written holds up to another implementation's reading.
func TestOutputsAreValid(t *testing.T) {
	b := newTestBuilder(t)
	img, _ := b.mustAssemble(t, bigSpec(t, "scratch"))
	tags := []name.Tag{b.tag(t, "127.0.0.1:5000/ns/zk:1"), b.tag(t, "127.0.0.1:5000/ns/zk:latest")}
	dir := filepath.Join(t.TempDir(), "deep/er/image")
	for range 2 { // the second time in place of the first
		if err := b.Save(context.Background(), img, "oci:"+dir, tags); err != nil {
			t.Fatal(err)
		}
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	m, err := index.IndexManifest()
	if err != nil || len(m.Manifests) != 2 || m.Manifests[0].Digest != img.Digest() || m.Manifests[1].Annotations["org.opencontainers.image.ref.name"] != "latest" {
		t.Errorf("%+v, %v", m, err)
	}
	file := filepath.Join(t.TempDir(), "image.tar")
	if err := b.Save(context.Background(), img, "archive:"+file, tags); err != nil {
		t.Fatal(err)
	}
	back, err := tarball.ImageFromPath(file, &tags[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(back); err != nil {
		t.Error(err)
	}
	config, err := back.RawConfigFile()
	if err != nil || sum(config) != img.singles[0].config.desc.Digest {
		t.Errorf("the config came back as %s (%v)", config, err)
	}
	// And to ours: the same image, whichever way it went.
	if again, err := newTestBuilder(t).Ready(context.Background(), "oci:"+dir, nil); err != nil || again.Digest() != img.Digest() {
		t.Errorf("%v", err)
	}
	if again, err := newTestBuilder(t).Ready(context.Background(), "archive:"+file, nil); err != nil || again.singles[0].config.desc.Digest != img.singles[0].config.desc.Digest {
		t.Errorf("%v", err)
	}
}

func listDir(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestNoPartialOutput(t *testing.T) {
	for _, kind := range []string{"oci:", "archive:"} {
		b := newTestBuilder(t)
		img, _ := b.mustAssemble(t, bigSpec(t, "scratch"))
		dir := t.TempDir()
		ctx, stop := context.WithCancel(context.Background())
		b.ev = &events{show: func(e Event) {
			if e.Stage == StageWrite && e.Bytes > 1<<20 {
				stop()
			}
		}}
		if err := b.Save(ctx, img, kind+filepath.Join(dir, "out"), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", kind, err)
		}
		if left := listDir(t, dir); len(left) > 0 {
			t.Errorf("%s: after Ctrl-C there is %q", kind, left)
		}
	}
}

func TestOutputInTheWay(t *testing.T) {
	b := newTestBuilder(t)
	img, _ := b.mustAssemble(t, testSpec("scratch"))
	dir := writeFiles(t, t.TempDir(), file{"precious", "data"})
	if err := b.Save(context.Background(), img, "oci:"+dir, nil); err == nil {
		t.Error("a folder with other things was replaced")
	}
	if got := listDir(t, dir); len(got) != 1 {
		t.Errorf("%q", got)
	}
	if err := b.Save(context.Background(), img, "archive:"+filepath.Join(dir, "precious"), nil); err == nil {
		t.Error("a file that is no archive was replaced")
	}
	archive := "archive:" + filepath.Join(t.TempDir(), "x.tar")
	for range 2 {
		if err := b.Save(context.Background(), img, archive, nil); err != nil {
			t.Errorf("an archive is not replaced by the next one: %v", err)
		}
	}
	for _, bad := range []string{"", "oci", "oci:", "tar:x", "archive"} {
		var usage *UsageError
		if err := b.Save(context.Background(), img, bad, nil); !errors.As(err, &usage) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	several := testSpec("scratch")
	several.Index = true
	both, _ := b.mustAssemble(t, several)
	target := filepath.Join(t.TempDir(), "x.tar")
	if err := b.Save(context.Background(), both, "archive:"+target, nil); err == nil {
		t.Error("an index went into an archive")
	}
	if left := listDir(t, filepath.Dir(target)); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestReadOnlyOutput(t *testing.T) {
	testneed.Root(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	b := newTestBuilder(t)
	img, _ := b.mustAssemble(t, testSpec("scratch"))
	for _, kind := range []string{"oci:", "archive:"} {
		out := kind + filepath.Join(dir, "out")
		if err := b.Save(context.Background(), img, out, nil); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), out) {
			t.Errorf("%v", err)
		}
	}
}

func TestFullDisk(t *testing.T) {
	testneed.Root(t)
	small := func() string {
		dir := t.TempDir()
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
		return dir
	}
	b := newTestBuilder(t)
	img, _ := b.mustAssemble(t, bigSpec(t, "scratch"))
	for _, kind := range []string{"oci:", "archive:"} {
		dir := small()
		if err := b.Save(context.Background(), img, kind+filepath.Join(dir, "out"), nil); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v", kind, err)
		}
		if left := listDir(t, dir); len(left) > 0 {
			t.Errorf("%s: left behind: %q", kind, left)
		}
	}
	// And where the cache is on the full disk.
	dir := small()
	b.Cache = NewCache(dir)
	if _, _, err := b.Assemble(context.Background(), bigSpec(t, "scratch")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a full cache: %v", err)
	}
	left, err := exec.Command("find", dir, "-name", ".new-*").Output()
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %s (%v)", left, err)
	}
}

func TestPrune(t *testing.T) {
	b := newTestBuilder(t)
	b.mustAssemble(t, bigSpec(t, "scratch"))
	if err := b.Cache.Prune(context.Background(), 1<<30); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(b.Cache.dir, "blobs/sha256/*")); len(left) != 3 {
		t.Errorf("%d blobs are left", len(left))
	}
	if err := b.Cache.Prune(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(b.Cache.dir, "*/*/*")); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
	b.mustAssemble(t, bigSpec(t, "scratch"))
}

// Archives come from many tools: whole, cut, with a table of contents that lies.
func FuzzArchive(f *testing.F) {
	seed, err := os.ReadFile(strings.TrimPrefix(merged(f, configFor("amd64")), "archive:"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(seed[:len(seed)/2])
	toc, _ := json.Marshal([]saved{{Config: "../../etc/passwd", Layers: []string{"x"}}})
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	_ = w.WriteHeader(&tar.Header{Name: "manifest.json", Size: int64(len(toc)), Mode: 0o644})
	_, _ = w.Write(toc)
	_ = w.WriteHeader(&tar.Header{Name: "x", Typeflag: tar.TypeSymlink, Linkname: "x"})
	_ = w.Close()
	f.Add(buf.Bytes())
	dir := f.TempDir()
	b := &Builder{Cache: NewCache(filepath.Join(dir, "cache")), Registries: &Registries{Keychain: noKeys{}}}
	f.Fuzz(func(t *testing.T, data []byte) {
		p := filepath.Join(dir, "x.tar")
		if err := os.WriteFile(p, data, 0o644); err != nil {
			t.Fatal(err)
		}
		img, err := b.Ready(context.Background(), "archive:"+p, nil)
		if err != nil {
			return
		}
		for _, l := range img.blobs() {
			if r, err := l.open(context.Background()); err == nil {
				_, _ = io.Copy(io.Discard, r)
				r.Close()
			}
		}
	})
}
