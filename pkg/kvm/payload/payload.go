package payload

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
)

// Item is a file, folder or link that belongs on the machine.
type Item struct {
	kvm.Want
	// Template is what it was made of, for a template; nil for others.
	Template *app.TemplateFile
	// Source is the file on disk; "" for a template of several parts.
	Source string
}

// Places of pairs on a machine.
const (
	ConfD     = agent.ConfDir + "/conf.d"
	Templates = agent.ConfDir + "/templates"
)

// Of is everything of an image, pairs first. Modes are 0644, or 0755 for
// programs and folders; all belongs to root.
func Of(img *app.Image) ([]Item, error) {
	pairs, err := Pairs(img)
	if err != nil {
		return nil, err
	}
	root, err := rootFS(img)
	return append(pairs, root...), err
}

// Pairs is what goes below /etc/confd.
func Pairs(img *app.Image) ([]Item, error) {
	var out []Item
	resources, err := img.Resources()
	if err != nil {
		return nil, err
	}
	for _, r := range resources {
		data, err := img.ReadFile(r)
		if err != nil {
			return nil, err
		}
		rel, err := filepath.Rel(img.ConfD, r)
		if err != nil {
			return nil, err
		}
		out = append(out, Item{Want: file(path.Join(ConfD, filepath.ToSlash(rel)), 0o644, data), Source: r})
	}
	templates, err := img.TemplateFiles()
	if err != nil {
		return nil, err
	}
	for _, n := range slices.Sorted(maps.Keys(templates)) {
		t := templates[n]
		item := Item{Want: file(path.Join(Templates, n), 0o644, t.Text), Template: t}
		if files := t.Files(); len(files) == 1 {
			item.Source = files[0]
		}
		out = append(out, item)
	}
	return out, nil
}

func file(name string, mode fs.FileMode, data []byte) kvm.Want {
	return kvm.Want{Path: name, Mode: mode, Data: data}
}

func rootFS(img *app.Image) ([]Item, error) {
	if img.RootFS == "" {
		return nil, nil
	}
	var out []Item
	err := filepath.WalkDir(img.RootFS, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("reading rootfs: %w", err)
		}
		rel, err := filepath.Rel(img.RootFS, p)
		if err != nil || rel == "." || placeholder(d.Name()) {
			return err
		}
		w, err := want(img, p, "/"+filepath.ToSlash(rel), d)
		if err == nil {
			out = append(out, Item{Want: w, Source: p})
		}
		return err
	})
	return out, err
}

// placeholder is a file that only keeps a folder in git, or a desktop's own.
func placeholder(name string) bool { return name == ".gitkeep" || name == ".DS_Store" }

func want(img *app.Image, source, name string, d fs.DirEntry) (kvm.Want, error) {
	info, err := d.Info()
	if err != nil {
		return kvm.Want{}, fmt.Errorf("reading rootfs: %w", err)
	}
	switch info.Mode().Type() {
	case fs.ModeDir: // one that the machine has keeps its mode and owner
		return kvm.Want{Path: name, Mode: fs.ModeDir | 0o755, Keep: true}, nil
	case fs.ModeSymlink:
		return link(source, name)
	case 0:
		mode := fs.FileMode(0o644)
		if info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		data, err := img.ReadFile(source)
		return file(name, mode, data), err
	}
	return kvm.Want{}, fmt.Errorf("reading rootfs %q: only files, folders and links can go to a machine", source)
}

// link keeps a link as it is; a relative one must not climb above the root.
func link(source, name string) (kvm.Want, error) {
	target, err := os.Readlink(source)
	if err != nil {
		return kvm.Want{}, fmt.Errorf("reading rootfs: %w", err)
	}
	target = filepath.ToSlash(target)
	if joined := path.Join(strings.TrimPrefix(path.Dir(name), "/"), target); !path.IsAbs(target) && (joined == ".." || strings.HasPrefix(joined, "../")) {
		return kvm.Want{}, diag.WithHint(fmt.Errorf("reading rootfs %q: the link leads out of it, to %q", source, target), "put the file itself there, or link to a path of the machine")
	}
	return kvm.Want{Path: name, Mode: fs.ModeSymlink | 0o777, Link: target}, nil
}

// Differs says how a machine's file is not the item; "" where it is.
func (i Item) Differs(s kvm.FileState) string {
	isDir := s.Exists && s.Mode.IsDir()
	isLink := s.Exists && s.Mode&fs.ModeSymlink != 0
	switch {
	case !s.Exists:
		return "missing"
	case i.Mode.IsDir():
		if !isDir && !isLink {
			return "not a folder"
		}
		return ""
	case i.Mode&fs.ModeSymlink != 0:
		if !isLink || s.Link != i.Link {
			return "differs"
		}
		return ""
	case s.SHA256 != kvm.SumOf(i.Data):
		return "differs"
	case s.Mode.Perm() != i.Mode.Perm():
		return fmt.Sprintf("has mode %04o, not %04o", s.Mode.Perm(), i.Mode.Perm())
	case s.UID != i.UID || s.GID != i.GID:
		return fmt.Sprintf("belongs to %d:%d, not %d:%d", s.UID, s.GID, i.UID, i.GID)
	}
	return ""
}
