package rules

import (
	"fmt"
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// drive is how paths on Windows begin.
var drive = lazyregexp.New(`^[A-Za-z]:`)

// windowsFault is what is wrong with a destination that begins with a drive.
func windowsFault(dest string) string {
	rest := strings.ReplaceAll(dest[2:], `\`, "/")
	switch {
	case strings.ContainsFunc(dest, func(r rune) bool { return r < ' ' }):
		return "dest has a sign that no name has: in double quotes toml reads \\t, \\n, \\r, \\b and \\f as one"
	case !strings.HasPrefix(rest, "/"):
		return "dest is relative: on Windows a path begins with a drive and a backslash"
	case strings.HasSuffix(rest, "/"):
		return "dest names a folder, not a file"
	case strings.ContainsAny(rest, `<>:"|?*`):
		return "dest has a sign that no file of Windows may have in its name"
	case below(path.Clean(strings.ToLower(rest)), "/program files (x86)/qingcloud/app agent/confd"):
		return "dest is in the agent's own configuration, which the platform writes"
	}
	return ""
}

// systemFault is what is wrong with dest on the system that img is of, where
// the roles tell which: a container is Linux, a volume shows it by its mounts.
func systemFault(p *validate.Package, img *app.Image, dest string) (string, validate.Severity) {
	for _, role := range p.Roles() {
		if !img.UsedBy(role.Name) {
			continue
		}
		who := "the nodes"
		if role.Name != "" {
			who = fmt.Sprintf("the nodes of %q", role.Name)
		}
		for _, mount := range validate.Mounts(role) {
			switch {
			case drive.MatchString(mount) && strings.HasPrefix(dest, "/"):
				return fmt.Sprintf("dest has no drive, and %s are Windows (their volume is %s)", who, mount), validate.Warning
			case strings.HasPrefix(mount, "/") && drive.MatchString(dest) && role.Volume.Filesystem != "ntfs":
				return fmt.Sprintf("dest is a path of Windows, and %s are Linux (their volume is at %s)", who, mount), validate.Error
			}
		}
		if role.Container.Type == "docker" && drive.MatchString(dest) {
			return fmt.Sprintf("dest is a path of Windows, and %s are Linux containers", who), validate.Error
		}
	}
	return "", validate.Off
}
