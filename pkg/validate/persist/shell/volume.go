package shell

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// mounted says whether a path is the mount point of a volume, where it is one for
// some role.
func (w *walker) mounted(p string) answer {
	p = path.Clean(p)
	switch {
	case slices.Contains(w.env.Mounts, p):
		return answer{test: true, truth: yes}
	case slices.Contains(w.env.Others, p):
		return answer{test: true, truth: no}
	}
	return answer{test: true}
}

// isFolder says that the mount point of other roles' volumes is no folder on the
// nodes of a role without one. Any other folder may be there.
func (w *walker) isFolder(p string) answer {
	if a := w.mounted(p); a.truth == no {
		return a
	}
	return answer{test: true, files: []string{p}}
}

// askGrep is grep in the list of what is mounted, and in files that say what the role is.
func (w *walker) askGrep(args []*syntax.Word) answer {
	if len(args) < 2 {
		return answer{}
	}
	pattern := strings.TrimSpace(w.sole(args[len(args)-2]).Text)
	switch file := w.one(args[len(args)-1]).Text; {
	case file == "/proc/mounts", file == "/etc/mtab", file == "/proc/self/mounts":
		return w.mounted(pattern)
	case isRoleFile(file):
		return w.isRole(strings.Trim(pattern, "^$"))
	}
	if name, value, ok := strings.Cut(strings.Trim(pattern, "^$"), "="); ok && w.isRoleVariable("$"+name) {
		return w.isRole(strings.Trim(value, `"'`))
	}
	return answer{}
}

// mountList is `mount | grep /data`, and the same of df; and of a text that is known, or
// the role: echo $ROLE | grep master.
func (w *walker) mountList(c *syntax.BinaryCmd) answer {
	list, ok := c.X.Cmd.(*syntax.CallExpr)
	if !ok || len(list.Args) == 0 {
		return answer{}
	}
	filter, ok := c.Y.Cmd.(*syntax.CallExpr)
	if !ok || len(filter.Args) < 2 || filter.Args[0].Lit() != "grep" {
		return answer{}
	}
	switch list.Args[0].Lit() {
	case "echo":
		if pattern := w.sole(filter.Args[len(filter.Args)-1]).Text; len(list.Args) == 2 && (len(filter.Args) == 2 || filter.Args[1].Lit() == "-q") {
			return w.regular(w.sole(list.Args[1]).Text, pattern)
		}
	case "mount", "df", "lsblk", "findmnt":
		return w.mounted(strings.TrimSpace(w.sole(filter.Args[len(filter.Args)-1]).Text))
	}
	return answer{}
}
