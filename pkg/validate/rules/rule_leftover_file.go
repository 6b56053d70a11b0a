package rules

import (
	"context"
	"path"
	"path/filepath"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

var (
	leftover = lazyregexp.New(`(^|/)(\.svn/|\.hg/|\.idea/|\.vscode/|__pycache__/|\.[a-z]+_history$|\.(viminfo|lesshst|wget-hsts|netrc|git-credentials|DS_Store)$|Thumbs\.db$|` +
		`\.aws/credentials$|\.docker/config\.json$|\.kube/config$|authorized_keys$|id_(rsa|dsa|ecdsa|ed25519)$|core\.\d+$|nohup\.out$|hs_err_pid\d+\.log$|[^/]*\.hprof$|` +
		`[^/]*\.(swp|swo|orig|rej|rpmsave|rpmnew|rpmorig|dpkg-old|dpkg-dist|dpkg-new|ucf-dist)$|[^/]+~$)|` +
		`^etc/ssh/ssh_host_\w+_key$|^var/log/(syslog|messages|auth\.log|secure|wtmp|btmp|lastlog)$`)
	// copyOf is how a copy of a file is called that someone kept beside it.
	copyOf = lazyregexp.New(`^(.+)\.(bak|old|save|backup)$`)
)

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
					case isCopy(p, f.Path):
						r.At(diag.Pos{File: f.Path, Line: 1}, "/%s looks like a copy that was left behind: the file itself is beside it", name).
							As(validate.Info).With(validate.Guess).WithFix("remove it from rootfs").Path = "/" + name
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
			case isPrivateKey(content):
				r.At(at, "%s is a private key: every cluster made of the image has the same one", name).WithFix("make it in init, on the volume").Path = name
			case p.File(file) != nil && leftover.MatchString(name):
				r.At(at, "%s does not belong into an image", name).WithFix("leave it out of the image").Path = name
			case path.Clean(name) == "." && p.App.Tree().Exists(filepath.Join(dir, ".git")) && !strings.Contains(ignored, ".git"):
				r.At(at, ".git goes into the image: the history of the sources").WithFix("name .git in .dockerignore").Path = ".git"
			}
		}
	}
}

// copySources are what stands behind COPY or ADD and their flags; not of what
// comes from another stage.
var copySources = lazyregexp.New(`(?i)^\s*(?:COPY|ADD)\s+(?:--(?:chown|chmod|link|checksum|keep-git-dir)\S*\s+)*([^-\s]\S*\s+\S.*)$`)

// isCopy reports whether a file is called like a copy of one that lies beside it.
func isCopy(p *validate.Package, file string) bool {
	m := copyOf.FindStringSubmatch(file)
	return m != nil && p.File(m[1]) != nil
}

func isPrivateKey(text string) bool {
	return strings.HasPrefix(strings.TrimSpace(text), "-----BEGIN") && strings.Contains(text, " PRIVATE KEY-----")
}
