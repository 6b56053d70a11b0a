package rules

import (
	"context"
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// destPath finds destinations that are missing, relative, folders, or places
// that hold no files.
func destPath() validate.Rule {
	return validate.NewRule("dest-path", validate.Error, "The destination of a pair is no place for it",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range read(p.Pairs()) {
				pos := pair.Resource.Pos("dest")
				why, severity := destFault(pair.Resource.Dest)
				if why == "" && rootHas(p, pair.Image, path.Clean(pair.Resource.Dest)) && pair.Image.RootFS != "" {
					why, severity = "dest is a folder of the image: a file cannot take its place", validate.Error
				}
				if why == "" {
					why, severity = systemFault(p, pair.Image, pair.Resource.Dest)
				}
				if why == "" || pair.Err != nil && pair.Resource.Dest == "" { // dest may be what could not be read
					continue
				}
				if pos.IsZero() {
					pos = diag.Pos{File: pair.File, Line: 1}
				}
				f := r.At(pos, "%s", why).As(severity)
				f.Path = pair.Resource.Dest
				if path.IsAbs("/"+f.Path) && !path.IsAbs(f.Path) && !drive.MatchString(f.Path) && f.Path != "" {
					f.WithFix("write the path from / on: dest = %q", "/"+strings.TrimPrefix(f.Path, "./"))
				}
				if strings.ContainsFunc(f.Path, func(r rune) bool { return r < ' ' }) {
					f.WithFix(`write it in single quotes, 'C:\new', or each backslash twice`)
				}
			}
			return nil
		})
}

func destFault(dest string) (string, validate.Severity) {
	clean := path.Clean(dest)
	switch {
	case dest == "":
		return "dest is missing: it names the file to write", validate.Error
	case drive.MatchString(dest):
		return windowsFault(dest), validate.Error
	case !strings.HasPrefix(dest, "/"):
		return "dest is relative: the agent has no folder of its own to start from", validate.Error
	case strings.HasSuffix(dest, "/"):
		return "dest names a folder, not a file", validate.Error
	case below(clean, "/proc", "/sys", "/dev"):
		return "dest is in " + strings.Join(strings.SplitN(clean, "/", 3)[:2], "/") + ": files there cannot be replaced", validate.Error
	case below(clean, "/etc/confd"):
		return "dest is in the agent's own configuration, which the platform writes", validate.Warning
	case below(clean, "/tmp", "/var/tmp"): // not /run, which is empty at boot alone: confd renders before the app starts
		return "dest is in a folder that is swept of old files: confd writes the file again only when something changes", validate.Info
	}
	return "", validate.Off
}

// below reports whether file is one of dirs or below it.
func below(file string, dirs ...string) bool {
	for _, d := range dirs {
		if file == d || strings.HasPrefix(file, strings.TrimSuffix(d, "/")+"/") {
			return true
		}
	}
	return false
}
