package kvm

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/agent"
)

// Want is what a path of a machine is to be.
type Want struct {
	Path string      // absolute and clean
	Mode fs.FileMode // permission bits, with fs.ModeDir for a folder and fs.ModeSymlink for a link
	UID  int
	GID  int
	Data []byte // of a file
	// Packed is the content in place of Data, where that stays packed.
	Packed *agent.Packed
	Link   string // where a link points
	// Keep leaves alone what is there, whatever its content, mode and owner.
	Keep bool
	// Gone removes the file, or the folder if it is empty.
	Gone bool
	// Instead lets it take the place of a file where it is a folder, and of a
	// folder, which is empty by then, where it is none.
	Instead bool
}

// wantsOf is the files of the agent as wants. What the daemon writes itself is
// only made where it is missing, and so are folders that are not the agent's own.
func wantsOf(files []agent.File) []Want {
	out := make([]Want, 0, len(files))
	for _, f := range files {
		own := f.Path == agent.Home || strings.HasPrefix(f.Path, agent.Home+"/")
		out = append(out, Want{
			Path: f.Path, Mode: f.Mode, UID: f.UID, GID: f.GID, Data: f.Data, Packed: f.Packed,
			Keep: (f.Mode.IsDir() && !own) || (!f.Mode.IsDir() && f.Data == nil && f.Packed == nil),
		})
	}
	return out
}

// content is the sha256 and the size of what a file is to have.
func (w Want) content() (sum string, size int64) {
	if w.Packed != nil {
		return w.Packed.SHA256, w.Packed.Size
	}
	return SumOf(w.Data), int64(len(w.Data))
}

// withParents adds the folders above, which are made where they are missing.
// Folders come before what is in them.
func withParents(wants []Want) []Want {
	listed := map[string]bool{"/": true}
	for _, w := range wants {
		listed[w.Path] = true
	}
	out := slices.Clone(wants)
	for _, w := range wants {
		for dir := path.Dir(w.Path); !listed[dir] && !w.Gone; dir = path.Dir(dir) {
			listed[dir] = true
			out = append(out, Want{Path: dir, Mode: fs.ModeDir | 0o755, Keep: true})
		}
	}
	slices.SortStableFunc(out, func(a, b Want) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// pathsOf are the wants' paths.
func pathsOf(wants []Want) []string {
	out := make([]string, len(wants))
	for i, w := range wants {
		out[i] = w.Path
	}
	return out
}

// Action is one step of a change, exact enough to be shown, kept and compared.
type Action struct {
	Do     string `json:"do"` // mkdir, write, meta, link, remove, rmdir
	Path   string `json:"path"`
	Mode   string `json:"mode,omitempty"`  // "0755"
	Owner  string `json:"owner,omitempty"` // "0:0"
	SHA256 string `json:"sha256,omitempty"`
	Size   int64  `json:"size,omitempty"`
	Link   string `json:"link,omitempty"`
	// Was is what the path is now: "" for nothing.
	Was string `json:"was,omitempty"`
	// Diff shows a text's change in the unified format.
	Diff string `json:"diff,omitempty"`

	data   []byte
	packed *agent.Packed
}

// actions are the steps from what is found to what is wanted. The order of
// wants is kept; removals come last, children first, but for those that make way.
func actions(wants []Want, found []FileState) ([]Action, error) {
	var first, out, gone []Action
	instead := map[string]bool{}
	for _, w := range wants {
		instead[w.Path] = w.Instead
	}
	for i, w := range wants {
		if err := checkPath(w); err != nil {
			return nil, err
		}
		a, err := action(w, found[i])
		if err != nil {
			return nil, fmt.Errorf("%q: %w", w.Path, err)
		}
		switch {
		case a == nil:
		case w.Gone && below(w.Path, instead):
			first = append([]Action{*a}, first...)
		case w.Gone:
			gone = append([]Action{*a}, gone...)
		default:
			out = append(out, *a)
		}
	}
	return slices.Concat(first, out, gone), nil
}

// below reports whether a path is in one of folders, at any depth.
func below(p string, folders map[string]bool) bool {
	for p != "/" {
		if p = path.Dir(p); folders[p] {
			return true
		}
	}
	return false
}

// checkPath refuses paths that the line-wise scripts could not carry.
func checkPath(w Want) error {
	if !path.IsAbs(w.Path) || path.Clean(w.Path) != w.Path || w.Path == "/" {
		return fmt.Errorf("%q is no clean absolute path", w.Path)
	}
	if strings.ContainsAny(w.Path+w.Link, "\n\\") || strings.TrimSpace(w.Path) != w.Path || strings.TrimSpace(w.Link) != w.Link {
		return fmt.Errorf("%q: line ends, backslashes and blanks at the ends are not supported in names", w.Path)
	}
	return nil
}

// action is what makes w of s; nil where nothing does.
func action(w Want, s FileState) (*Action, error) {
	a := &Action{Path: w.Path, Mode: fmt.Sprintf("%04o", unixPerm(w.Mode)), Owner: fmt.Sprintf("%d:%d", w.UID, w.GID), Was: s.String()}
	isDir := s.Exists && s.Mode.IsDir()
	switch {
	case w.Gone && !s.Exists:
		return nil, nil
	case w.Gone && isDir:
		return &Action{Do: "rmdir", Path: w.Path, Was: s.String()}, nil
	case w.Gone:
		return &Action{Do: "remove", Path: w.Path, Was: s.String()}, nil
	case w.Keep && s.Exists && !s.inTheWayOf(w):
		return nil, nil
	case w.Mode.IsDir():
		return dirAction(a, w, s)
	case isDir && !w.Instead:
		return nil, fmt.Errorf("it is a folder on the machine, and a file is to be there")
	case w.Mode&fs.ModeSymlink != 0:
		if s.Mode&fs.ModeSymlink != 0 && s.Link == w.Link {
			return nil, nil
		}
		return &Action{Do: "link", Path: w.Path, Link: w.Link, Was: s.String()}, nil
	}
	a.SHA256, a.Size = w.content()
	a.data, a.packed = w.Data, w.Packed
	a.Do = "write"
	if s.Exists && s.Mode.IsRegular() && s.SHA256 == a.SHA256 {
		if unixPerm(s.Mode) == unixPerm(w.Mode) && s.UID == w.UID && s.GID == w.GID {
			return nil, nil
		}
		a.Do = "meta"
	}
	return a, nil
}

// inTheWayOf reports whether s has to go before w can be there: a file for a
// folder, and the other way round. A link for a folder leads to a volume, as
// many images have it, unless w is to be there instead.
func (s FileState) inTheWayOf(w Want) bool {
	switch {
	case !s.Exists:
		return false
	case w.Mode.IsDir():
		return !s.Mode.IsDir() && (w.Instead || s.Mode&fs.ModeSymlink == 0)
	}
	return s.Mode.IsDir()
}

func dirAction(a *Action, w Want, s FileState) (*Action, error) {
	switch {
	case !s.Exists || w.Instead && s.inTheWayOf(w):
		a.Do = "mkdir"
		return a, nil
	case s.Mode&fs.ModeSymlink != 0:
		return nil, nil
	case !s.Mode.IsDir():
		return nil, fmt.Errorf("it is a file on the machine, and a folder is to be there")
	case unixPerm(s.Mode) == unixPerm(w.Mode) && s.UID == w.UID && s.GID == w.GID:
		return nil, nil
	}
	a.Do = "meta"
	return a, nil
}
