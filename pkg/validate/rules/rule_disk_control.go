package rules

import (
	"context"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// diskControl finds commands that format, divide, mount or grow the volume of
// a role: the platform does that, by volume of cluster.json.mustache.
func diskControl() validate.Rule {
	return validate.NewRule("disk-control", validate.Warning, "A script formats, mounts or grows the volume",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			all := scripts(p)
			defined := functions(all)
			for _, s := range all {
				mounts := mountsOf(p, s.role)
				if !s.sure || len(mounts) == 0 {
					continue // it may make the image; or the machine has other disks than the platform's
				}
				eachCall(s.file, func(call *syntax.CallExpr) {
					words := callWords(call)
					if len(words) == 0 || defined[words[0]] {
						return
					}
					if why := handlesVolume(words, mounts); why != "" {
						f := r.At(s.pos(call), "%q %s: the platform makes, mounts and grows volumes itself", commandText(words), why)
						f.In(s.role).With(validate.Likely).WithFix("remove it; volume.mount_point, filesystem and mount_options of the role say what is wanted")
					}
				})
			}
			return nil
		})
}

// mountsOf are the mount points of a role's volume; of all roles where the
// script is no role's own.
func mountsOf(p *validate.Package, role string) []string {
	var out []string
	for _, r := range p.Roles() {
		if role == "" || r.Name == role {
			out = append(out, validate.Mounts(r)...)
		}
	}
	return out
}

// attachedDisk is a disk beside the system's, or a part of one.
var attachedDisk = lazyregexp.New(`^/dev/(sd|vd|xvd|hd)[b-z]\d*$`)

// handlesVolume says what a command does to a volume; "" where it does nothing.
func handlesVolume(words, mounts []string) string {
	name, args := path.Base(words[0]), words[1:]
	disk := slices.ContainsFunc(args, attachedDisk.MatchString)
	mount := slices.ContainsFunc(args, func(arg string) bool {
		return strings.HasPrefix(arg, "/") && slices.ContainsFunc(mounts, func(m string) bool { return path.Clean(m) == path.Clean(arg) })
	})
	family, _, _ := strings.Cut(name, ".")
	switch family {
	case "mkfs", "mke2fs", "mkswap", "pvcreate", "vgcreate", "vgextend":
		if disk {
			return "formats a disk"
		}
	case "parted", "fdisk", "sfdisk", "gdisk", "sgdisk", "growpart":
		if disk && !onlyShows(args) {
			return "divides a disk"
		}
	case "resize2fs", "xfs_growfs":
		if disk || mount {
			return "grows a file system"
		}
	case "mount", "umount":
		if (disk || mount) && !otherMount(args) {
			return map[string]string{"mount": "mounts", "umount": "unmounts"}[name] + " a disk"
		}
	}
	return ""
}

// onlyShows reports whether a program that divides disks is asked how one is divided.
func onlyShows(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		return slices.Contains([]string{"-l", "--list", "print", "-p", "--print", "-d", "--dump", "-N", "--dry-run"}, arg)
	})
}

// otherMount reports whether mount is told to show a folder elsewhere, or to
// change how something is mounted.
func otherMount(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		return slices.Contains([]string{"--bind", "-B", "--rbind", "-R", "--move", "-M"}, arg) || strings.HasPrefix(arg, "--make-") ||
			slices.ContainsFunc(strings.Split(strings.TrimPrefix(arg, "-o"), ","), func(o string) bool { return o == "bind" || o == "rbind" || o == "remount" })
	})
}
