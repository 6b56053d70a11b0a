package rules

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// entrypoint finds Dockerfiles of unconverted repositories whose images do not
// start confd. (appimg docker build sets the entrypoint by itself.)
func entrypoint() validate.Rule {
	return validate.NewRule("entrypoint-not-confd", validate.Error, "A Docker image does not start confd",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.App.Manifest != nil {
				return nil
			}
			for _, img := range p.App.Images {
				if text, ok := p.Text(img.Dockerfile); ok && usedAs(p, img, "docker") {
					checkEntrypoint(p, r, img.Dockerfile, text)
				}
			}
			return nil
		})
}

// usedAs reports whether a role of this type uses the image.
func usedAs(p *validate.Package, img *app.Image, kind string) bool {
	return slices.ContainsFunc(p.Roles(), func(role *app.Role) bool {
		return role.Container.Type == kind && img.UsedBy(role.Name)
	})
}

var instruction = lazyregexp.New(`(?i)^\s*(FROM|ENTRYPOINT|CMD)\s+(.*)`)

// confdItself is an entrypoint that is confd, and nothing else.
var confdItself = lazyregexp.New(`(^|["/])confd["\]\s]*$`)

func checkEntrypoint(p *validate.Package, r *validate.Reporter, file, text string) {
	entry, cmd := lastOf(text, "ENTRYPOINT"), lastOf(text, "CMD")
	starts := func(value string) bool { return strings.Contains(value, "confd") || startsConfd(p, value) }
	if cmd.value != "" && !starts(cmd.value) && (entry.value == "" || confdItself.MatchString(entry.value)) {
		r.At(diag.Pos{File: file, Line: cmd.line, Col: 1}, "CMD %s: the default process is confd, without arguments; the scheduler's commands start the app", cmd.value).
			As(validate.Warning).WithFix(`remove CMD; ENTRYPOINT ["/opt/qingcloud/app-agent/bin/confd"] if the base image has none`)
	}
	if entry.value != "" && !starts(entry.value) && !bringsEntrypoint(p, text, entry.value) {
		r.At(diag.Pos{File: file, Line: entry.line, Col: 1}, "the image's entrypoint is %s: it must be confd, which starts the app on the scheduler's command", entry.value).
			WithFix(`ENTRYPOINT ["/opt/qingcloud/app-agent/bin/confd"]`)
	}
}

// directive is an instruction of a Dockerfile.
type directive struct {
	line  int
	value string
}

// lastOf is the last instruction of a name in the last stage, the one that
// counts.
func lastOf(text, name string) directive {
	var out directive
	number := 0
	for l := range strings.Lines(text) {
		number++
		switch m := instruction.FindStringSubmatch(l); {
		case m == nil:
		case strings.EqualFold(m[1], name):
			out = directive{number, strings.TrimSpace(m[2])}
		case strings.EqualFold(m[1], "FROM"): // a stage begins
			out = directive{}
		}
	}
	return out
}

// startsConfd reports whether a file of the repository may be what starts
// confd: a script that the entrypoint names, or the configuration of the
// supervisor that it is.
func startsConfd(p *validate.Package, value string) bool {
	supervised := supervisor.MatchString(value)
	return slices.ContainsFunc(p.Files(), func(f *validate.File) bool {
		text, ok := p.Text(f.Path)
		text = comment.ReplaceAllString(text, "")
		if !ok || !strings.Contains(text, "confd") {
			return false
		}
		return strings.Contains(value, path.Base(f.Rel)) && strings.HasPrefix(text, "#!") || supervised && runsConfd.MatchString(text)
	})
}

// bringsEntrypoint reports whether an entrypoint is a script that the
// repository does not have, of a base image that brings confd by its name:
// what it starts cannot be told.
func bringsEntrypoint(p *validate.Package, dockerfile, value string) bool {
	script := ofScript.FindStringSubmatch(value)
	return script != nil && strings.Contains(lastOf(dockerfile, "FROM").value, "confd") &&
		!slices.ContainsFunc(p.Files(), func(f *validate.File) bool { return path.Base(f.Rel) == script[1] })
}

var (
	ofScript   = lazyregexp.New(`([\w.-]+\.sh)\b`)
	comment    = lazyregexp.New(`(?m)(^|[ \t])#[^!\n].*$`)
	supervisor = lazyregexp.New(`\b(supervisord|s6-svscan|runsvdir|monit|/init|systemd)\b|"/init"`)
	runsConfd  = lazyregexp.New(`/confd(["'\s]|$)`)
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

var leftover = lazyregexp.New(`(^|/)(\.svn/|\.hg/|\.[a-z]+_history$|\.(viminfo|lesshst|wget-hsts|netrc|DS_Store)$|\.aws/credentials$|\.docker/config\.json$|\.kube/config$|` +
	`authorized_keys$|id_(rsa|dsa|ecdsa|ed25519)$|core\.\d+$|[^/]*\.(swp|swo|orig|rej)$|[^/]+~$|__pycache__/)|^etc/ssh/ssh_host_\w+_key$|^var/log/(syslog|messages|auth\.log|secure|wtmp|btmp|lastlog)$`)

// leftoverFile finds files in rootfs that do not belong into an image.
func leftoverFile() validate.Rule {
	return validate.NewRule("leftover-file", validate.Warning, "A file does not belong into the image",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, img := range p.App.Images {
				for _, f := range p.Files() {
					name, ok := strings.CutPrefix(f.Path, img.RootFS+"/")
					if img.RootFS == "" || !ok {
						continue
					}
					text, _ := p.Text(f.Path)
					switch {
					case isPrivateKey(text):
						r.At(diag.Pos{File: f.Path, Line: 1}, "/%s is a private key: every cluster made of the image has the same one", name).
							WithFix("make it in init, on the volume").Path = "/" + name
					case leftover.MatchString(name):
						r.At(diag.Pos{File: f.Path, Line: 1}, "/%s does not belong into an image", name).WithFix("remove it from rootfs").Path = "/" + name
					}
				}
				copiedLeftovers(p, r, img)
				for _, dir := range p.Repositories() {
					if name, ok := strings.CutPrefix(dir, img.RootFS+"/"); ok && img.RootFS != "" {
						r.At(diag.Pos{File: dir}, "/%s does not belong into an image: the history of the sources", name).WithFix("remove it from rootfs").Path = "/" + name
					}
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
							f.Path, f.Mounts = name, role.Volume.Mounts
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

var (
	copiesTo  = lazyregexp.New(`(?i)^\s*(?:COPY|ADD)\s+.*[\s"](/[^\s"\]$]*)["\]\s]*$`)
	fromStage = lazyregexp.New(`(?i)^\s*FROM\s`)
)

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

// copiedLeftovers reports what the last stage of a Dockerfile copies from its
// folder and should not: private keys, histories, the sources' own.
func copiedLeftovers(p *validate.Package, r *validate.Reporter, img *app.Image) {
	text, ok := p.Text(img.Dockerfile)
	if !ok {
		return
	}
	dir := filepath.Dir(img.Dockerfile)
	ignored, _ := p.Text(filepath.Join(dir, ".dockerignore"))
	first := lastStage(text)
	number := 0
	for line := range strings.Lines(text) {
		number++
		m := copySources.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil || number < first {
			continue
		}
		at := diag.Pos{File: img.Dockerfile, Line: number, Col: 1}
		words := strings.Fields(m[1])
		for _, src := range words[:len(words)-1] {
			name := strings.Trim(src, `"',[]`)
			file := filepath.Join(dir, filepath.FromSlash(name))
			content, _ := p.Text(file)
			switch {
			case isPrivateKey(content) || p.File(file) != nil && leftover.MatchString(name):
				r.At(at, "%s does not belong into an image: every cluster made of it has the same one", name).WithFix("make it in init, on the volume").Path = name
			case path.Clean(name) == "." && p.App.Tree().Exists(filepath.Join(dir, ".git")) && !strings.Contains(ignored, ".git"):
				r.At(at, ".git goes into the image: the history of the sources").WithFix("name .git in .dockerignore").Path = ".git"
			}
		}
	}
}

// copySources are what stands behind COPY or ADD and their flags; not of what
// comes from another stage.
var copySources = lazyregexp.New(`(?i)^\s*(?:COPY|ADD)\s+(?:--(?:chown|chmod|link|checksum|keep-git-dir)\S*\s+)*([^-\s]\S*\s+\S.*)$`)

// lastStage is the line of the last FROM.
func lastStage(text string) int {
	number, last := 0, 0
	for line := range strings.Lines(text) {
		if number++; fromStage.MatchString(line) {
			last = number
		}
	}
	return last
}

func isPrivateKey(text string) bool {
	return strings.HasPrefix(strings.TrimSpace(text), "-----BEGIN") && strings.Contains(text, " PRIVATE KEY-----")
}
