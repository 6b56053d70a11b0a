package windows

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/pkg/sftp"

	"github.com/appimg/appimg/pkg/kvm"
)

// sftpPath is a path of Windows as SFTP has it.
func sftpPath(windows string) string { return "/" + strings.ReplaceAll(windows, `\`, "/") }

// windowsPath is the way back.
func windowsPath(p string) string { return strings.ReplaceAll(strings.TrimPrefix(p, "/"), "/", `\`) }

// state is what is found at a path.
type state struct {
	exists, dir bool
	sha256      string // of a file
}

func (s state) String() string {
	switch {
	case !s.exists:
		return ""
	case s.dir:
		return "folder"
	}
	return "sha256:" + s.sha256
}

// look finds out what is at each path. A file is read for its sum, as a whole:
// no program for that is on every Windows.
func look(ctx context.Context, h Host, paths []string) (map[string]state, error) {
	var out map[string]state
	err := h.Files(ctx, "looking at files", func(c *sftp.Client) error {
		found := map[string]state{}
		for _, p := range paths {
			s, err := lookAt(ctx, c, p)
			if err != nil {
				return fmt.Errorf("looking at %q: %w", windowsPath(p), err)
			}
			found[p] = s
		}
		out = found
		return nil
	})
	return out, err
}

func lookAt(ctx context.Context, c *sftp.Client, p string) (state, error) {
	info, err := c.Lstat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return state{}, nil
	case err != nil:
		return state{}, err
	case info.IsDir():
		return state{exists: true, dir: true}, nil
	case !info.Mode().IsRegular():
		return state{}, fmt.Errorf("it is neither a file nor a folder (%s)", info.Mode())
	}
	f, err := c.Open(p)
	if err != nil {
		return state{}, err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := f.WriteTo(&cancelled{ctx, sum}); err != nil {
		return state{}, err
	}
	return state{exists: true, sha256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// cancelled ends a transfer with its context.
type cancelled struct {
	ctx context.Context
	io.Writer
}

func (w *cancelled) Write(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.Writer.Write(b)
}

// Names beside a file: what it will be, and what it was.
const (
	coming = ".appimg-new"
	saved  = ".appimg-old"
)

// send brings a file's new content beside it, and reads it back.
func send(ctx context.Context, h Host, p string, data []byte) error {
	content := kvm.Bytes(data)
	for try := 0; ; try++ {
		if err := h.Upload(ctx, p+coming, content); err != nil {
			return fmt.Errorf("uploading %q: %w", windowsPath(p), err)
		}
		found, err := look(ctx, h, []string{p + coming})
		if err != nil || found[p+coming].sha256 == content.SHA256 {
			return err
		}
		if err := remove(ctx, h, p+coming); err != nil {
			return err
		}
		if try > 0 {
			return fmt.Errorf("uploading %q: the content has another sha256 on the machine than here", windowsPath(p))
		}
		// An earlier run has left something else there.
	}
}

// replace puts what was sent in a file's place, and what was there beside it,
// unless an earlier run has done that.
func replace(ctx context.Context, h Host, p string) error {
	return h.Files(ctx, "replacing a file", func(c *sftp.Client) error {
		_, err := c.Lstat(p + coming)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // done, before the connection was lost
		}
		_, kept := c.Lstat(p + saved)
		if errors.Is(kept, fs.ErrNotExist) {
			err := patiently(ctx, func() error { return c.PosixRename(p, p+saved) })
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return inUse(p, err)
			}
		}
		return inUse(p, patiently(ctx, func() error { return c.PosixRename(p+coming, p) }))
	})
}

// restore makes a file what it was before: existed says whether it was there.
func restore(ctx context.Context, h Host, p string, existed bool) error {
	return h.Files(ctx, "putting a file back", func(c *sftp.Client) error {
		if err := gone(ctx, c, p+coming); err != nil {
			return err
		}
		if !existed {
			return gone(ctx, c, p)
		}
		err := patiently(ctx, func() error { return c.PosixRename(p+saved, p) })
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it was not touched yet
		}
		return inUse(p, err)
	})
}

// remove removes a file, if it is there.
func remove(ctx context.Context, h Host, p string) error {
	return h.Files(ctx, "removing a file", func(c *sftp.Client) error { return gone(ctx, c, p) })
}

func gone(ctx context.Context, c *sftp.Client, p string) error {
	err := patiently(ctx, func() error { return c.Remove(p) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return inUse(p, err)
}

// patiently tries for 2 s what another program may be in the way of: one that
// scans files, or the daemon that is just ending.
func patiently(ctx context.Context, do func() error) error {
	for end := time.Now().Add(2 * time.Second); ; {
		err := do()
		if err == nil || errors.Is(err, fs.ErrNotExist) || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func inUse(p string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("replacing or removing %q (does another program keep it open, or is it read-only?): %w", windowsPath(p), err)
}

// readFile is a file's content; nil where there is none.
func readFile(ctx context.Context, h Host, p string) (data []byte, err error) {
	err = h.Files(ctx, "reading a file", func(c *sftp.Client) error {
		text, err := readAll(c, p)
		if data = nil; errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		data = []byte(text)
		return err
	})
	if err != nil {
		err = fmt.Errorf("reading %q: %w", windowsPath(p), err)
	}
	return data, err
}

// writeFile writes a small file of appimg's own, at once.
func writeFile(ctx context.Context, h Host, p string, data []byte) error {
	err := h.Files(ctx, "writing a file", func(c *sftp.Client) error {
		f, err := c.Create(p + coming)
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
		return c.PosixRename(p+coming, p)
	})
	if err != nil {
		err = fmt.Errorf("writing %q: %w", windowsPath(p), err)
	}
	return err
}

func readAll(c *sftp.Client, p string) (string, error) {
	f, err := c.Open(p)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var b strings.Builder
	_, err = f.WriteTo(&b)
	return b.String(), err
}

// empty removes what is in a folder, as far as it is files.
func empty(ctx context.Context, c *sftp.Client, dir string) error {
	files, err := c.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, f := range files {
		if err == nil && !f.IsDir() {
			err = gone(ctx, c, dir+"/"+f.Name())
		}
	}
	return err
}
