package vfs

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"sync"
)

// maxLinks bounds the links on the way to one file, as operating systems do.
const maxLinks = 255

var errLoop = errors.New("too many levels of symbolic links")

// Room is a folder of a Tree that no link leads out of.
type Room struct {
	tree *Tree
	root func() (names, error)
}

// names are what a folder is called as it is written, and after all links.
type names struct{ written, real string }

// Room is the part of t below root.
func (t *Tree) Room(root string) *Room {
	return &Room{t, sync.OnceValues(func() (names, error) {
		name, err := t.name("lstat", root)
		if err != nil {
			return names{}, err
		}
		real, err := t.follow(".", name)
		if errors.Is(err, fs.ErrPermission) {
			return names{name, name}, nil // folders above it may be closed to us
		}
		return names{name, real}, err
	})}
}

// Anywhere is a room without walls.
func (t *Tree) Anywhere() *Room {
	return &Room{t, func() (names, error) { return names{".", "."}, nil }}
}

// Leaves says that a path leads out of its room.
type Leaves struct{ To string }

func (l *Leaves) Error() string {
	return fmt.Sprintf("it is a link to %q, outside of the project", l.To)
}

// Inside is the path of a file after all links; an error where that is not
// below the room's folder: *Leaves.
func (r *Room) Inside(file string) (string, error) {
	root, err := r.root()
	if err != nil {
		return "", err
	}
	name, err := r.tree.name("lstat", file)
	if err != nil {
		return "", err
	}
	from, rest := ".", name
	if root.written != "." && below(name, root.written) {
		from, rest = root.real, name[len(root.written):]
	}
	real, err := r.tree.follow(from, rest)
	if err != nil {
		return "", err
	}
	if !valid(real) || !below(real, root.real) {
		return "", &Leaves{r.tree.path(real)}
	}
	return r.tree.path(real), nil
}

// below reports whether a name is dir or lies in it.
func below(name, dir string) bool {
	return dir == "." || name == dir || strings.HasPrefix(name, dir+"/")
}

// follow is the name of what lies at rest below dir after all links; dir has
// none. What leaves the file system comes back as a name that is not valid. The
// name comes with fs.ErrNotExist, too: then it is the one that would be made.
func (t *Tree) follow(dir, rest string) (string, error) {
	for links := 0; rest != ""; {
		var step string
		step, rest, _ = strings.Cut(rest, "/")
		switch step {
		case "", ".":
			continue
		case "..":
			if dir == "." && t.disk == nil {
				return path.Join("..", rest), nil
			}
			dir = path.Dir(dir)
			continue
		}
		next := path.Join(dir, step)
		info, err := fs.Lstat(t.fsys, next)
		switch {
		case err != nil:
			return path.Join(next, rest), err
		case info.Mode()&fs.ModeSymlink == 0:
			dir = next
			continue
		}
		if links++; links > maxLinks {
			return next, &fs.PathError{Op: "lstat", Path: next, Err: errLoop}
		}
		target, err := fs.ReadLink(t.fsys, next)
		if err != nil {
			return next, err
		}
		switch target = filepath.ToSlash(target); {
		case t.disk == nil && path.IsAbs(target):
			return target, nil
		case t.disk != nil && (path.IsAbs(target) || filepath.VolumeName(target) != ""):
			if target, err = t.disk.name("lstat", target); err != nil {
				return "/" + target, nil
			}
			dir = "."
		}
		rest = target + "/" + rest
	}
	return dir, nil
}
