package docker

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/appimg/appimg/pkg/diag"
)

// CheckOutput reports whether out can be written to, as far as that can be said before.
func CheckOutput(out string) error {
	kind, path, _ := strings.Cut(out, ":")
	if path == "" || (kind != "oci" && kind != "archive") {
		return &UsageError{fmt.Errorf("parsing output %q: it is neither oci:DIR nor archive:FILE", out)}
	}
	return nil
}

// Save writes img to oci:DIR or archive:FILE. What was there before stays until
// the new image is whole; then it is replaced. A folder that is no OCI layout
// is refused.
func (b *Builder) Save(ctx context.Context, img *Image, out string, tags []name.Tag) error {
	if err := CheckOutput(out); err != nil {
		return err
	}
	kind, path, _ := strings.Cut(out, ":")
	path = filepath.Clean(path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("writing %q: %w", out, diag.Reason(err))
	}
	var err error
	if kind == "oci" {
		err = b.saveLayout(ctx, img, path, familiar(tags))
	} else {
		err = b.saveArchive(ctx, img, path, familiar(tags))
	}
	if err != nil {
		return fmt.Errorf("writing %q: %w", out, diag.Reason(err))
	}
	return nil
}

func (b *Builder) saveArchive(ctx context.Context, img *Image, path string, names []string) error {
	if err := replaceableArchive(path); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = errors.Join(b.writeArchive(ctx, f, img, names, StageWrite), f.Chmod(0o644), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func (b *Builder) saveLayout(ctx context.Context, img *Image, dir string, names []string) error {
	if err := replaceable(dir); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".new-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := b.writeLayout(ctx, img, tmp, names); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	return swapDir(tmp, dir)
}

// replaceable reports an error unless dir is absent, empty, or an OCI layout.
func replaceable(dir string) error {
	list, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "oci-layout")); err != nil && len(list) > 0 {
		return diag.WithHint(errors.New("the folder holds something else than an OCI layout"), "name a folder that is not there yet")
	}
	return nil
}

// replaceableArchive reports an error unless the file is absent, empty, or an archive:
// one of an earlier build.
func replaceableArchive(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() && (info.Size() == 0 || isTar(path)) {
		return nil
	}
	return diag.WithHint(errors.New("it is something else than an archive of an image"), "name a file that is not there yet")
}

func isTar(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	_, err = tar.NewReader(f).Next()
	return err == nil
}

// swapDir puts dir in place of old; on a fault old is back.
func swapDir(dir, old string) error {
	aside := dir + ".old"
	err := os.Rename(old, aside)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	had := err == nil
	if err := os.Rename(dir, old); err != nil {
		if had {
			err = errors.Join(err, os.Rename(aside, old))
		}
		return err
	}
	return os.RemoveAll(aside)
}

// familiar lists tags as docker writes them.
func familiar(tags []name.Tag) []string {
	var out []string
	for _, t := range tags {
		out = append(out, strings.TrimPrefix(t.Name(), "index."))
	}
	return out
}

func tagOf(ref string) string {
	if i := strings.LastIndexByte(ref, ':'); i > strings.LastIndexByte(ref, '/') {
		return ref[i+1:]
	}
	return "latest"
}

// Load puts img into the engine, under every tag.
func (b *Builder) Load(ctx context.Context, img *Image, tags []name.Tag) error {
	cl, err := dialEngine(ctx)
	if err != nil {
		return fmt.Errorf("loading the image: %w", err)
	}
	defer cl.Close()
	r, w := io.Pipe()
	go func() { w.CloseWithError(b.writeArchive(ctx, w, img, familiar(tags), StageLoad)) }()
	defer r.Close()
	resp, err := cl.ImageLoad(ctx, r)
	if err != nil {
		return fmt.Errorf("loading the image into the engine: %w", err)
	}
	defer resp.Close()
	return engineAnswer(resp, "loading the image into the engine", nil)
}
