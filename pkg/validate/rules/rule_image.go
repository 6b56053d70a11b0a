package rules

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// confdToml finds a confd.toml in a KVM image: the platform writes its own.
func confdToml() validate.Rule {
	return validate.NewRule("confd-toml-in-kvm", validate.Warning, "A KVM image brings a confd.toml",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, img := range p.App.Images {
				if f := rootFile(p, img, "/etc/confd/confd.toml"); f != nil && usedAs(p, img, "kvm") {
					r.At(diag.Pos{File: f.Path, Line: 1}, "the platform writes /etc/confd/confd.toml when the cluster is made: this one points a test at another server, or is lost").
						WithFix("remove it from the image").Path = "/etc/confd/confd.toml"
				}
			}
			return nil
		})
}

// agentPair is the resource that runs the scheduler's commands.
const agentPair = "cmd.info.toml"

// agentFile finds files of the agent that the project replaces.
func agentFile() validate.Rule {
	return validate.NewRule("agent-file-overwritten", validate.Warning, "The project replaces a file of the agent",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.App.Manifest == nil {
				return nil // such repositories bring their agent
			}
			for _, img := range p.App.Images {
				for _, name := range []string{"/opt/qingcloud/app-agent/bin/confd", "/opt/qingcloud/app-agent/bin/exec.sh", "/etc/init.d/confd", "/etc/logrotate.d/app-agent",
					"/etc/confd/conf.d/" + agentPair, "/etc/confd/templates/cmd.info.tmpl"} {
					if f := rootFile(p, img, name); f != nil {
						r.At(diag.Pos{File: f.Path, Line: 1}, "%s is the agent's: appimg installs its own", name).WithFix("remove it from rootfs").Path = name
					}
				}
			}
			for _, pair := range read(p.Pairs()) {
				if dest := pair.Resource.Dest; below(path.Clean(dest), "/opt/qingcloud/app-agent") {
					r.At(pair.Resource.Pos("dest"), "%s is the agent's: its own pair writes there", dest).WithFix("remove the pair").Path = dest
				} else if path.Base(pair.File) == agentPair {
					r.At(diag.Pos{File: pair.File, Line: 1}, "conf.d/%s is the agent's: appimg installs its own", agentPair).WithFix("give the pair another name")
				}
			}
			return nil
		})
}

// mountHidesFiles finds files of rootfs that a volume hides.
func mountHidesFiles() validate.Rule {
	return validate.NewRule("mount-hides-files", validate.Warning, "A volume hides files of the image",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, img := range p.App.Images {
				for _, role := range p.Roles() {
					if role.IsReplica || !img.UsedBy(role.Name) {
						continue
					}
					for _, mount := range validate.Mounts(role) {
						mount = path.Clean(mount)
						if at, name := hiddenBy(p, img, role, mount); name != "" && !copied(p, role, mount) {
							f := r.At(at, "%s is a volume on the nodes: what the image has there is hidden, and a new volume is empty", mount).In(role.Name)
							f.Path, f.Mounts = name, validate.Mounts(role)
							f.WithFix("put the files elsewhere in the image, and copy them in init")
						}
					}
				}
			}
			return nil
		})
}

// hiddenBy is the first file that an image has below a mount point: in rootfs,
// or by a COPY of its Dockerfile.
func hiddenBy(p *validate.Package, img *app.Image, role *app.Role, mount string) (at diag.Pos, name string) {
	if img.RootFS != "" {
		if f := firstBelow(p, img.RootFS+mount); f != nil {
			return diag.Pos{File: f.Path, Line: 1}, strings.TrimPrefix(f.Path, img.RootFS)
		}
	}
	text, ok := p.Text(img.Dockerfile)
	if !ok || role.Container.Type != "docker" {
		return diag.Pos{}, ""
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		if m := copiesTo.FindStringSubmatch(line); m != nil && below(path.Clean(m[1]), mount) {
			at, name = diag.Pos{File: img.Dockerfile, Line: number, Col: 1}, m[1]
		} else if fromStage.MatchString(line) {
			at, name = diag.Pos{}, "" // only the last stage is the image
		}
	}
	return at, name
}

var copiesTo = lazyregexp.New(`(?i)^\s*(?:COPY|ADD)\s+.*[\s"](/[^\s"\]$]*)["\]\s]*$`)

func firstBelow(p *validate.Package, dir string) *validate.File {
	for _, f := range p.Files() {
		if strings.HasPrefix(f.Path, dir+"/") && path.Base(f.Path) != ".gitkeep" && path.Base(f.Path) != ".keep" {
			return f
		}
	}
	return nil
}

// copied reports whether init, or a script, may fill the volume.
func copied(p *validate.Package, role *app.Role, mount string) bool {
	if s := role.Services["init"]; s != nil && strings.Contains(s.Cmd, mount) {
		return true
	}
	return slices.ContainsFunc(scripts(p), func(s *script) bool {
		return strings.Contains(s.text, mount) && copiesFrom(s.text, mount)
	})
}

// copiesFrom reports whether a line of a script copies, and names a mount point
// or a variable that is set to something in it.
func copiesFrom(text, mount string) bool {
	names := []string{mount}
	for _, m := range setsVariable.FindAllStringSubmatch(text, -1) {
		if strings.Contains(m[2], mount) {
			names = append(names, "$"+m[1], "${"+m[1])
		}
	}
	for line := range strings.Lines(text) {
		if copies.MatchString(line) && slices.ContainsFunc(names, func(name string) bool { return strings.Contains(line, name) }) {
			return true
		}
	}
	return false
}

var (
	copies       = lazyregexp.New(`\b(cp|rsync|tar|install|mv)\b`)
	setsVariable = lazyregexp.New(`(?m)\b([A-Za-z_]\w*)=(\S+)`)
)
