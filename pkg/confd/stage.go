package confd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/appimg/appimg/pkg/diag"
)

// Staged is a rendered file that waits to be put in its place.
type Staged struct {
	Path    string      // the temporary file beside dest; "" if there is none
	Content []byte      // what was rendered
	Mode    fs.FileMode // what the file is to have
	InSync  bool        // dest has this content, mode and owner already
}

// FileMode is the mode that r's file is to have: the one of the toml, read as
// a Go number ("0644" is octal, "644" is decimal), else that of the file that
// is there, else 0644.
func (r *Resource) FileMode() (fs.FileMode, error) {
	if r.Mode != "" {
		mode, err := strconv.ParseUint(r.Mode, 0, 32)
		if err != nil {
			return 0, r.failing("preparing", &diag.Error{Pos: r.Pos("mode"), Err: fmt.Errorf("mode: %w", err)})
		}
		return fs.FileMode(mode), nil
	}
	fi, err := os.Stat(r.Dest)
	if errors.Is(err, fs.ErrNotExist) {
		return 0o644, nil
	}
	if err != nil {
		return 0, r.failing("preparing", err)
	}
	return fi.Mode(), nil
}

// owner is who the file is to belong to: whom the toml names, else confd.
func (r *Resource) owner() (uid, gid int) {
	uid, gid = r.UID, r.GID
	if uid == -1 {
		uid = os.Geteuid()
	}
	if gid == -1 {
		gid = os.Getegid()
	}
	return uid, gid
}

// TemplatePath is the file of r's template: always below
// <confdir>/templates, unless src leaves it by "..".
func (a *Applier) TemplatePath(r *Resource) string {
	return filepath.Join(a.ConfDir, "templates", r.Src)
}

// Template reads and parses r's template.
func (a *Applier) Template(r *Resource) (*Template, error) {
	path := a.TemplatePath(r)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = diag.WithHint(&diag.Error{Pos: r.Pos("src"), Err: refusal("Missing template: " + path)},
			"src is a path below %s", filepath.Join(a.ConfDir, "templates"))
		return nil, r.failing("rendering", err)
	}
	if err != nil {
		return nil, r.failing("rendering", err)
	}
	t, err := ParseTemplate(path, string(text), a.Machine)
	return t, r.failing("rendering", err)
}

// Stage renders r into a temporary file beside its destination, whose folders
// are made even if the template then fails. No file is made where dest is in
// sync already, unless KeepStage wants one. The caller must Discard it.
func (a *Applier) Stage(ctx context.Context, r *Resource, s *Store) (*Staged, error) {
	t, err := a.Template(r)
	if err != nil {
		return nil, err
	}
	return a.StageTemplate(ctx, r, t, s)
}

// StageTemplate is Stage with a template that was read before.
func (a *Applier) StageTemplate(ctx context.Context, r *Resource, t *Template, s *Store) (*Staged, error) {
	mode, err := r.FileMode()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(r.Dest), 0o755); err != nil {
		return nil, r.failing("rendering", err)
	}
	var out bytes.Buffer
	if err := t.RenderContext(ctx, &out, s); err != nil {
		return nil, r.failing("rendering", err)
	}
	st := &Staged{Content: out.Bytes(), Mode: mode}
	uid, gid := r.owner()
	st.InSync = st.matches(r.Dest, describe(mode, uid, gid))
	if st.InSync && !a.KeepStage {
		return st, nil
	}
	if err := st.write(r, uid, gid); err != nil {
		a.Discard(st)
		return nil, r.failing("staging", err)
	}
	// The owner may be out of reach: what counts is what the file has.
	if fi, err := os.Stat(st.Path); err == nil {
		st.InSync = st.matches(r.Dest, attributesOf(fi))
	}
	if a.KeepStage {
		a.log().Info("keeping staged file", "path", st.Path)
	}
	return st, nil
}

// write makes the temporary file.
func (st *Staged) write(r *Resource, uid, gid int) error {
	f, err := os.CreateTemp(filepath.Dir(r.Dest), "."+filepath.Base(r.Dest))
	if err != nil {
		return err
	}
	st.Path = f.Name()
	_, err = f.Write(st.Content)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	own(st.Path, st.Mode, uid, gid)
	return nil
}

// attributes are what two files are compared by, besides their contents; all
// zero where the system has none.
type attributes struct {
	mode     fs.FileMode
	uid, gid int
}

// matches reports whether path is a file with this content and attributes.
func (st *Staged) matches(path string, want attributes) bool {
	fi, err := os.Stat(path)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() != int64(len(st.Content)) || attributesOf(fi) != want {
		return false
	}
	have, err := os.ReadFile(path)
	return err == nil && bytes.Equal(have, st.Content)
}

// Discard removes a staged file that was not swapped, unless KeepStage.
func (a *Applier) Discard(st *Staged) {
	if st.Path == "" || a.KeepStage {
		return
	}
	_ = os.Remove(st.Path) // gone after a swap
}
