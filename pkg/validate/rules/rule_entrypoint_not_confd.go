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

// confdItself is an entrypoint that is confd, and nothing else.
var confdItself = lazyregexp.New(`(^|["/])confd["\]\s]*$`)

func checkEntrypoint(p *validate.Package, r *validate.Reporter, file, text string) {
	entry, cmd := lastOf(text, "ENTRYPOINT"), lastOf(text, "CMD")
	starts := func(value string) bool { return strings.Contains(value, "confd") || startsConfd(p, value) }
	if entry.value == "" && cmd.value == "" {
		checkBase(p, r, file, text)
	}
	if cmd.value != "" && !starts(cmd.value) && (entry.value == "" || confdItself.MatchString(entry.value)) {
		r.At(diag.Pos{File: file, Line: cmd.line, Col: 1}, "CMD %s: the default process is confd, without arguments; the scheduler's commands start the app", cmd.value).
			As(validate.Warning).WithFix(`remove CMD; ENTRYPOINT ["/opt/qingcloud/app-agent/bin/confd"] if the base image has none`)
	}
	if entry.value != "" && !starts(entry.value) && !bringsEntrypoint(p, text, entry.value) {
		r.At(diag.Pos{File: file, Line: entry.line, Col: 1}, "the image's entrypoint is %s: it must be confd, which starts the app on the scheduler's command", entry.value).
			WithFix(`ENTRYPOINT ["/opt/qingcloud/app-agent/bin/confd"]`)
	}
}

// checkBase reports an image of an operating system that nothing is started in:
// its default process is a shell.
func checkBase(p *validate.Package, r *validate.Reporter, file, text string) {
	from := lastOf(text, "FROM")
	base := baseOf(text)
	if !systemImage.MatchString(base) || slices.ContainsFunc(p.Files(), func(f *validate.File) bool {
		other, ok := "", false
		if f.Path != file && strings.Contains(path.Base(f.Rel), "Dockerfile") {
			other, ok = p.Text(f.Path)
		}
		return ok && strings.Contains(lastOf(other, "ENTRYPOINT").value, "confd") // it may build on this one
	}) {
		return
	}
	r.At(diag.Pos{File: file, Line: from.line, Col: 1}, "the image starts nothing: %s has no entrypoint, and the Dockerfile sets none", base).
		As(validate.Warning).With(validate.Likely).WithFix(`ENTRYPOINT ["/opt/qingcloud/app-agent/bin/confd"]`)
}

// systemImage is an image of an operating system without a program to start.
var systemImage = lazyregexp.New(`^(docker\.io/)?(library/)?(alpine|ubuntu|debian|centos|rockylinux(/rockylinux)?|almalinux(/\w+)?|fedora|busybox|opensuse/\w+|amazonlinux|oraclelinux|scratch)([:@]\S+)?$`)

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
