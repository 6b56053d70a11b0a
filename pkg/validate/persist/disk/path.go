package disk

import (
	"path"
	"strings"
)

// OnDrive reports whether a path begins with a drive of Windows.
func OnDrive(p string) bool { return len(p) > 1 && p[1] == ':' }

// Slashes is a path with forward slashes, as Windows takes them, too.
func Slashes(p string) string {
	if OnDrive(p) {
		return strings.ReplaceAll(p, `\`, "/")
	}
	return p
}

// Clean is a path without a trailing slash; on Windows, where case does not count,
// with forward slashes and in lower case.
func Clean(p string) string {
	if OnDrive(p) {
		p = strings.ToLower(Slashes(p))
	}
	if p == "" {
		return ""
	}
	return path.Clean(p)
}

// Known is the part of a path before the first segment that holds a variable
// or a pattern, and whether that is the whole of it.
func Known(p string) (prefix string, whole bool) {
	p = Slashes(p)
	i := strings.IndexAny(p, "$%*?`{")
	if i < 0 {
		return Clean(p), true
	}
	cut := strings.LastIndexByte(p[:i], '/')
	if cut <= 0 {
		return "", false
	}
	return Clean(p[:cut]), false
}

// Under reports whether p is dir or lies below it.
func Under(p, dir string) bool {
	if dir == "/" {
		return strings.HasPrefix(p, "/")
	}
	return p == dir || strings.HasPrefix(p, dir+"/")
}

// passing are folders where nothing is expected to last, or that belong to the
// platform (its agent).
func passing(p string) bool {
	for _, dir := range []string{
		"/tmp", "/var/tmp", "/run", "/var/run", "/dev", "/proc", "/sys", "/var/lock", "/var/cache",
		"/opt/qingcloud/app-agent", "/etc/confd", "c:/windows/temp",
	} {
		if Under(p, dir) {
			return true
		}
	}
	return false
}
