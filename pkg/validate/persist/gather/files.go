package gather

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// Bounds of what is read of a repository.
const (
	maxDocs     = 1500
	MaxDocSize  = 256 << 10 // bytes of one document
	maxDocTotal = 12 << 20
)

// files are the files of the repository that may say something: scripts, units,
// configuration, playbooks. Links are noted, not read.
func (g *gathering) files() []*doc.Doc {
	out := g.filesOf(g.Package, g.own)
	if !slices.ContainsFunc(out, func(d *doc.Doc) bool {
		return d.Format == reader.Shell || d.Format == reader.Python || d.Format == reader.Unit
	}) {
		out = append(out, g.beside()...)
	}
	return out
}

// beside are the files of a repository of several apps that lie in none of
// them, for an app that has no scripts of its own.
func (g *gathering) beside() []*doc.Doc {
	if beside := g.Package.Beside(); beside != nil {
		return g.filesOf(beside, func(*validate.File) bool { return true })
	}
	return nil
}

func (g *gathering) filesOf(p *validate.Package, own func(*validate.File) bool) []*doc.Doc {
	var out []*doc.Doc
	total := 0
	taken := g.taken()
	for _, f := range p.Files() {
		if f.Link != "" {
			if node, ok := nodePath(f.Rel); ok && own(f) {
				g.Disk.Link(node, f.Link)
			}
			continue
		}
		if isMakefile(f.Rel) && f.Size < MaxDocSize && own(f) {
			g.Makefile(p, f)
			continue
		}
		if !f.Mode.IsRegular() || f.Size == 0 || f.Size > MaxDocSize || taken[f.Path] || skipped(f.Rel) || !own(f) {
			continue
		}
		d := fileDoc(p, f)
		if d == nil {
			continue
		}
		d.Beside = g.packs(f)
		if total += len(d.Text); total > maxDocTotal || len(out) >= maxDocs {
			break
		}
		out = append(out, d)
	}
	return out
}

// own reports whether a file is part of this app. Where the app and its pairs lie
// in a folder of their own, what lies beside it is another's.
func (g *gathering) own(f *validate.File) bool {
	return g.home == "" || strings.HasPrefix(f.Path, g.home+"/") || g.packs(f)
}

// packs reports whether a file is code of the program that the app's folder is there to
// pack, and lies in: deploy beside the modules of a program in Python.
func (g *gathering) packs(f *validate.File) bool {
	if g.home == "" || path.Ext(f.Path) != ".py" || strings.HasPrefix(f.Path, g.home+"/") {
		return false
	}
	switch strings.ToLower(filepath.Base(g.home)) {
	case "deploy", "deployment", "packaging", "package", "qingcloud", "appcenter", "ops", "dist", "infra":
		return strings.HasPrefix(f.Path, filepath.Dir(g.home)+"/")
	}
	return false
}

// homeOf is the folder that an app and its pairs lie in, "" if that is the whole
// repository.
func homeOf(a *app.App) string {
	if a.Manifest != nil || a.ClusterFile == "" {
		return ""
	}
	home := filepath.Dir(a.ClusterFile)
	switch filepath.Base(home) {
	case "app", "config", "conf", "appcenter":
		home = filepath.Dir(home)
	}
	if home == a.Root {
		return ""
	}
	for _, img := range a.Images {
		if strings.HasPrefix(img.ConfD, home+string(filepath.Separator)) {
			return home
		}
	}
	return ""
}

// taken are the files that are seen otherwise: pairs, and the app's own.
func (g *gathering) taken() map[string]bool {
	a := g.Package.App
	taken := map[string]bool{a.ConfigFile: true, a.ClusterFile: true}
	for _, f := range g.Package.Files() { // of copies of the app's configuration
		if path.Base(f.Rel) == "cluster.json.mustache" {
			taken[filepath.Join(filepath.Dir(f.Path), "config.json")] = true
		}
	}
	for _, p := range g.Package.Pairs() {
		taken[p.File] = true
		if p.Source != nil {
			for _, file := range p.Source.Files() {
				taken[file] = true
			}
		}
	}
	return taken
}

func fileDoc(p *validate.Package, f *validate.File) *doc.Doc {
	if strings.HasSuffix(f.Rel, ".tmpl") || reader.FormatOf(f.Rel, "") == reader.Nothing {
		return nil
	}
	text, ok := p.Text(f.Path)
	if !ok {
		return nil
	}
	node, inImage := nodePath(f.Rel)
	format := reader.FormatOf(f.Rel, text)
	if format == reader.Nothing || format == reader.JavaScript && len(reader.EnvUses(text)) == 0 {
		return nil
	}
	d := &doc.Doc{File: f.Path, Rel: f.Rel, Node: node, Text: text, Format: format, InImage: inImage}
	d.At = func(offset int) diag.Pos { return diag.At(f.Path, text, offset) }
	d.Build = format == reader.Dockerfile || ansible.IsPlaybook(f.Rel, text)
	return d
}

// skipped are files that no node gets: documents, tests, samples, what is kept
// of old times, other people's code.
func skipped(rel string) bool {
	segments := strings.Split(strings.ToLower(rel), "/")
	for _, s := range segments[:len(segments)-1] {
		switch s {
		case "doc", "docs", "test", "tests", "testdata", "example", "examples", "sample", "samples", "vendor", "node_modules",
			"locale", "locales", ".github", ".git", ".idea", ".vscode", "bak", "backup", "backups", "old", "deprecated", "archive",
			"third_party", "3rdparty", "site-packages", "molecule", "spec", "icons", "man":
			return true
		}
		if strings.HasSuffix(s, ".bak") || strings.HasSuffix(s, ".old") {
			return true
		}
	}
	base := segments[len(segments)-1]
	for _, part := range []string{"sample", "example", ".bak", ".orig", ".old", "readme", "license", "changelog", "package-lock"} {
		if strings.Contains(base, part) {
			return true
		}
	}
	if leftOver(base) {
		return true
	}
	switch base {
	case "pom.xml", "package.json", "composer.json", "requirements.yml", "galaxy.yml", "mkdocs.yml", "replace_policy.json",
		"cluster.json.mustache", "ansible.cfg", "travis.yml", ".travis.yml", "makefile", ".gitlab-ci.yml", "jenkinsfile", "appimg.toml", "known_hosts":
		return true
	}
	return strings.HasSuffix(base, "~") || strings.HasPrefix(base, ".git") || strings.HasSuffix(base, ".mustache")
}

// leftOver reports whether a file is, by its end, what a package or an editor has put
// beside the one that programs read.
func leftOver(base string) bool {
	for _, end := range []string{
		".rpmsave", ".rpmnew", ".rpmorig", ".dpkg-old", ".dpkg-new", ".dpkg-dist", ".dpkg-bak", ".ucf-old", ".ucf-new", ".ucf-dist", ".pacnew", ".pacsave",
		".default", ".dist", ".save", ".disabled", ".off", ".unused", ".rej", "-dist", "-old", "_bak", "-bak", ".swp",
	} {
		if strings.HasSuffix(base, end) {
			return true
		}
	}
	return false
}

// isMakefile reports whether a file is one of make.
func isMakefile(rel string) bool { return strings.ToLower(path.Base(rel)) == "makefile" }
