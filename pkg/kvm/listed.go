package kvm

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Lists of what is installed, kept in StateDir.
const (
	agentList = "agent"
	pushList  = "push"
)

// listed is what the machine's own record says of a path.
type listed struct {
	kind string // "file", "link", or "made" for what was made besides
	sums []string
}

// owns reports whether the path is as appimg has left it.
func (l listed) owns(s FileState) bool { return slices.Contains(l.sums, sumOfState(s)) }

// sumOfState is what lists keep of a file or a link; "" of anything else.
func sumOfState(s FileState) string {
	if s.Link != "" {
		return SumOf([]byte(s.Link))
	}
	return s.SHA256
}

// parseList reads the lines "KIND SHA256 PATH" of a list, and "SHA256 PATH" of
// what a run that did not come to its end has put there.
func parseList(lines, did []string) map[string]listed {
	out := map[string]listed{}
	for _, line := range lines {
		if f := strings.SplitN(line, " ", 3); len(f) == 3 && f[0] != "#" {
			out[f[2]] = listed{f[0], []string{f[1]}}
		}
	}
	for _, line := range did {
		sum, path, ok := strings.Cut(line, " ")
		if !ok || sum == "-" {
			continue
		}
		l := out[path]
		if l.kind != "link" {
			l.kind = "file"
		}
		l.sums = append(l.sums, sum)
		out[path] = l
	}
	return out
}

// list is a list as the survey found it.
func (c *change) list(name string) map[string]listed {
	var did []string
	if c.r.Facts.Unfinished {
		did = c.look.values["did"]
	}
	return parseList(c.look.values["list."+name], did)
}

// removal is what goes of what was installed.
type removal struct {
	gone   map[string]bool
	edited []string // files that somebody has changed since
}

// remove decides what of entries goes: files that are as they were put there,
// what was made besides, and the folders that are empty then. Edited files go only
// by force.
func (c *change) remove(entries map[string]listed, force bool) *removal {
	r := &removal{gone: map[string]bool{}}
	var folders []string
	for _, p := range slices.Sorted(maps.Keys(entries)) {
		s, l := c.look.state(p), entries[p]
		switch {
		case !s.Exists:
		case s.Mode.IsDir():
			if l.kind == "made" {
				folders = append(folders, p)
			}
		case l.kind == "made" || l.owns(s):
			r.gone[p] = true
		default:
			r.edited = append(r.edited, p)
			if force {
				r.gone[p] = true
			}
		}
	}
	r.folders(folders, c.children())
	return r
}

// folders lets those go in which nothing stays, the deepest first.
func (r *removal) folders(made []string, children map[string][]string) {
	slices.Sort(made)
	for _, dir := range slices.Backward(made) {
		if !slices.ContainsFunc(children[dir], func(p string) bool { return !r.gone[p] }) {
			r.gone[dir] = true
		}
	}
}

// children are the paths that were found, by their folder.
func (c *change) children() map[string][]string {
	out := map[string][]string{}
	for _, p := range c.look.values["child"] {
		out[path.Dir(p)] = append(out[path.Dir(p)], p)
	}
	for p, s := range c.look.files {
		if s.Exists {
			out[path.Dir(p)] = append(out[path.Dir(p)], p)
		}
	}
	return out
}

// wants are what is gone, as wants, in path order.
func (r *removal) wants() (out []Want) {
	for _, p := range slices.Sorted(maps.Keys(r.gone)) {
		out = append(out, Want{Path: p, Gone: true})
	}
	return out
}

// listing is the files that are installed, with the sums of what they were
// given, for a later run. What was made besides, the journal knows.
func listing(title string, wants []Want) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", title)
	for _, w := range wants {
		switch {
		case w.Keep || w.Gone:
		case w.Mode.IsRegular():
			sum, _ := w.content()
			fmt.Fprintf(&b, "file %s %s\n", sum, w.Path)
		case w.Mode&fs.ModeSymlink != 0:
			fmt.Fprintf(&b, "link %s %s\n", SumOf([]byte(w.Link)), w.Path)
		}
	}
	return []byte(b.String())
}
