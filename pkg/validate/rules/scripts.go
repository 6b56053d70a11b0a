package rules

import (
	"errors"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/sh"
	"github.com/appimg/appimg/pkg/validate"
)

// script is a piece of shell: a file, what a template becomes, or a command.
type script struct {
	path string // of the file, or the template; "" for a command
	what string // "script", "rendered script", or the command's name
	role string // "" where it is no role's own
	text string
	sure bool // it surely runs on nodes
	file *syntax.File
	err  error
	at   func(offset int) diag.Pos
}

// pos is the place of a node of the script.
func (s *script) pos(n syntax.Node) diag.Pos { return s.at(int(n.Pos().Offset())) }

// scripts are all pieces of shell that the app has: files, rendered files (each
// pair once per role), commands.
func scripts(p *validate.Package) []*script {
	type key struct{}
	return validate.Keep(p, key{}, func() []*script { return findScripts(p) })
}

func findScripts(p *validate.Package) []*script {
	var out []*script
	for _, f := range p.Files() {
		sure := inRootFS(p, f.Path)
		if aside(f.Rel) && !sure || isSource(p, f.Path) {
			continue
		}
		if text, ok := p.Text(f.Path); ok && isShell(f.Path, text) && !isTemplate(text) {
			out = append(out, &script{what: "script", path: f.Path, text: text, sure: sure, at: func(offset int) diag.Pos {
				return diag.At(f.Path, text, offset)
			}})
		}
	}
	out = append(out, renderedScripts(p)...)
	for _, c := range commands(p) {
		out = append(out, &script{what: c.name, role: c.role, text: c.text, sure: true, at: func(int) diag.Pos { return c.pos }})
	}
	for _, s := range out {
		s.file, s.err = p.Shell(s.text)
		var left *sh.Unparsed
		if errors.As(s.err, &left) && s.path != "" {
			p.LeaveOut(s.at(0).File, "%s", left)
		}
	}
	return out
}

func renderedScripts(p *validate.Package) []*script {
	var out []*script
	type made struct {
		pair *validate.Pair
		role string
	}
	seen := map[made]bool{}
	for _, o := range outputs(p) {
		if at := (made{o.Pair, o.Node.Role}); !seen[at] && o.Err == nil && isShell(o.Pair.Resource.Dest, o.Content) {
			seen[at] = true
			out = append(out, &script{what: "rendered script", path: o.Pair.TemplateName(), role: oneRole(p, o.Pair), text: o.Content, sure: true, at: o.OriginAt})
		}
	}
	return out
}

// outputs are those of the cluster of the defaults.
func outputs(p *validate.Package) []*validate.Output {
	if r := p.Rendered(); r != nil {
		return r.Outputs
	}
	return nil
}

// rendered is a file that a pair becomes on some node of some cluster.
type rendered struct {
	*validate.Output
	on *validate.Rendering
}

// distinct are all files that the pairs become on all clusters, those with the
// same content once.
func distinct(p *validate.Package) []rendered {
	type key struct{}
	type file struct {
		pair    *validate.Pair
		content string
	}
	return validate.Keep(p, key{}, func() []rendered {
		var out []rendered
		seen := map[file]bool{}
		for _, rendering := range p.Renderings() {
			for _, o := range rendering.Outputs {
				if id := (file{o.Pair, o.Content}); o.Err == nil && !seen[id] {
					seen[id] = true
					out = append(out, rendered{o, rendering})
				}
			}
		}
		return out
	})
}

var shellLine = lazyregexp.New(`^#! ?(/usr)?(/local)?/bin/(env (-S )?)?(ba|da|a)?sh\b`)

// isShell reports whether a file is a shell script: by its first line, or by
// its name where it has no such line.
func isShell(file, text string) bool {
	if strings.HasPrefix(text, "#!") {
		return shellLine.MatchString(text) && path.Ext(file) != ".tmpl" && path.Ext(file) != ".j2"
	}
	return path.Ext(file) == ".sh" || path.Ext(file) == ".bash"
}

var otherEngine = lazyregexp.New(`\{%|\{\{[- ]*[A-Za-z_."'$(]`)

// isTemplate reports whether another engine (Ansible's, confd's) makes a script
// of it.
func isTemplate(text string) bool { return otherEngine.MatchString(text) }

// aside reports whether a file lies in a folder that does not go onto nodes:
// tests, examples, documents, what others wrote.
func aside(rel string) bool {
	dirs := strings.Split(strings.ToLower(rel), "/")
	return slices.ContainsFunc(dirs[:len(dirs)-1], func(dir string) bool {
		switch dir {
		case "doc", "docs", "test", "tests", "testdata", "example", "examples", "sample", "samples", "vendor", "third_party",
			"3rdparty", "site-packages", "molecule", "spec", ".github", ".circleci":
			return true
		}
		return strings.HasSuffix(dir, ".bak") || strings.HasSuffix(dir, ".old")
	})
}

// isSource reports whether a file lies with the templates: what it becomes is
// judged, not the file.
func isSource(p *validate.Package, file string) bool {
	return slices.ContainsFunc(p.App.Images, func(img *app.Image) bool { return inside(file, img.Templates) })
}

// inRootFS reports whether a file goes into an image as it is, itself or by a
// link to it.
func inRootFS(p *validate.Package, file string) bool {
	return rootOf(p, file) != nil || linkedInto(p)[file]
}

// rootOf is the image whose rootfs has a file; nil if there is none.
func rootOf(p *validate.Package, file string) *app.Image {
	for _, img := range p.App.Images {
		if img.RootFS != "" && strings.HasPrefix(file, img.RootFS+"/") {
			return img
		}
	}
	return nil
}

// linkedInto are the files that links of some rootfs lead to.
func linkedInto(p *validate.Package) map[string]bool {
	type key struct{}
	return validate.Keep(p, key{}, func() map[string]bool {
		out := map[string]bool{}
		for _, f := range p.Files() {
			if img := rootOf(p, f.Path); f.Link != "" && img != nil {
				if to := p.Behind(f.Path, img.RootFS); to != nil {
					out[to.Path] = true
				}
			}
		}
		return out
	})
}

// wrappers are commands that run the command behind them.
func wrappers() []string { return []string{"sudo", "nohup", "exec", "command", "env", "time"} }

// words are a call's words as far as they are constant, without wrappers in
// front; "" stands for a word that is not.
func callWords(call *syntax.CallExpr) []string {
	var out []string
	for _, w := range call.Args {
		text := constant(w)
		if len(out) == 0 && (slices.Contains(wrappers(), text)) {
			continue
		}
		out = append(out, text)
	}
	return out
}

// constant is the text of a word that no expansion changes; "" else.
func constant(w *syntax.Word) string {
	var out strings.Builder
	for _, part := range w.Parts {
		switch part := part.(type) {
		case *syntax.Lit:
			out.WriteString(part.Value)
		case *syntax.SglQuoted:
			out.WriteString(part.Value)
		case *syntax.DblQuoted:
			for _, inner := range part.Parts {
				lit, ok := inner.(*syntax.Lit)
				if !ok {
					return ""
				}
				out.WriteString(lit.Value)
			}
		default:
			return ""
		}
	}
	return out.String()
}

// functions are the names of the functions that some script defines.
func functions(all []*script) map[string]bool {
	out := map[string]bool{}
	for _, s := range all {
		if s.file == nil {
			continue
		}
		syntax.Walk(s.file, func(n syntax.Node) bool {
			if f, ok := n.(*syntax.FuncDecl); ok && f.Name != nil {
				out[f.Name.Value] = true
			}
			return true
		})
	}
	return out
}
