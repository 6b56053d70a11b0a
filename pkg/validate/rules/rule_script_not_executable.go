package rules

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// scriptNotExecutable finds commands that run a file without the permission to.
func scriptNotExecutable() validate.Rule {
	return validate.NewRule("script-not-executable", validate.Error, "A command runs a file that is not executable",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			seen := map[string]bool{}
			for _, prog := range clusterFirst(programs(p)) {
				if prog.direct && !seen[prog.path] && !prog.makesExecutable() {
					seen[prog.path] = checkExecutable(p, r, prog)
				}
			}
			return nil
		})
}

// makesExecutable reports whether the command itself sees to it.
func (c program) makesExecutable() bool { return strings.Contains(c.text, "chmod") }

func checkExecutable(p *validate.Package, r *validate.Reporter, prog program) (reported bool) {
	for _, img := range prog.imagesOf(p) {
		file := rootFile(p, img, prog.path)
		switch pair := pairTo(p, img, prog.path); {
		case pair != nil && !modeRuns(pair.Resource.Mode) && (file == nil || pair.Resource.Mode != ""):
			if img.RootFS == "" && pair.Resource.Mode == "" {
				continue // the image may have the file, and confd keeps its mode
			}
			r.At(prog.pos, "%s runs %s, which pair %s writes without the permission to run it", prog.name, prog.path, r.Rel(pair.File)).
				In(prog.role).WithFix(`mode = "0755" in the pair`).Path = prog.path
			return true
		case pair == nil && file != nil && file.Mode.IsRegular() && !file.Executable():
			if p.App.Manifest == nil {
				return checkCopied(p, r, prog, file)
			}
			runnable(r, file, r.At(diag.Pos{File: file.Path, Line: 1}, "%s runs %s, which is not executable (mode %04o)", prog.name, prog.path, file.Mode.Perm()).
				In(prog.role)).Path = prog.path
			return true
		}
	}
	return checkCheckout(p, r, prog)
}

// modeRuns reports whether a pair's mode lets the owner run the file.
func modeRuns(mode string) bool {
	n, err := strconv.ParseUint(mode, 0, 32)
	return err == nil && n&0o100 != 0
}

// checkCheckout looks for the file elsewhere in an unconverted repository.
func checkCheckout(p *validate.Package, r *validate.Reporter, prog program) bool {
	if p.App.Manifest != nil {
		return false
	}
	found := checkoutOf(p, prog.path)
	return found != nil && checkCopied(p, r, prog, found)
}

// checkCopied reports a file of an unconverted repository that cannot be run.
// What copies it into the image may change its mode.
func checkCopied(p *validate.Package, r *validate.Reporter, prog program, found *validate.File) bool {
	if !found.Mode.IsRegular() || found.Executable() || madeExecutable(p, prog.path) {
		return false
	}
	f := r.At(diag.Pos{File: found.Path, Line: 1}, "%s runs %s, and this file is not executable (mode %04o)", prog.name, prog.path, found.Mode.Perm())
	runnable(r, found, f.In(prog.role)).As(validate.Warning).With(validate.Likely).Path = prog.path
	return true
}

// checkoutOf is the file of a repository that is put at a path, by the end of
// it: the last two parts at least, and more than any other file has of them; or
// by the other programs that lie beside it in both places.
func checkoutOf(p *validate.Package, name string) *validate.File {
	var found *validate.File
	most := 1
	for _, f := range p.Files() {
		n := validate.CommonEnd(f.Rel, name)
		if n < 2 || n < most || !f.Mode.IsRegular() {
			continue
		}
		if n == most {
			found = nil // one of two
			continue
		}
		found, most = f, n
	}
	if most == 1 {
		if folder := layoutOf(p).folders[path.Dir(name)]; folder != "" {
			return p.File(filepath.Join(p.App.Root, filepath.FromSlash(folder), path.Base(name)))
		}
	}
	return found
}

// runnable mends a finding about a file that cannot be run.
func runnable(r *validate.Reporter, file *validate.File, f *validate.Finding) *validate.Finding {
	f.Repair = &validate.Repair{File: file.Path, Executable: true}
	return f.WithFix("chmod +x %s", r.Rel(file.Path))
}

// changesMode reports whether text gives files a mode: chmod, COPY --chmod,
// install -m.
func changesMode(text string) bool {
	return strings.Contains(text, "chmod") || strings.Contains(text, "install -")
}

// madeExecutable reports whether a file of the repository may change the mode
// of a program: a chmod of it, of a folder above it, or of a pattern; or a
// playbook that gives files modes.
func madeExecutable(p *validate.Package, name string) bool {
	all := modesOf(p)
	return all.playbook || slices.ContainsFunc(all.lines, func(line string) bool {
		return strings.Contains(line, path.Base(name)) || strings.Contains(line, path.Dir(name)) ||
			slices.ContainsFunc(strings.Fields(line), func(word string) bool { return mayMean(strings.Trim(word, `"';&`), name) })
	})
}

// mayMean reports whether a word of a command means a file: by a pattern, which
// may begin anywhere if it is relative, or has a variable; or by a folder above.
func mayMean(word, name string) bool {
	if !path.IsAbs(word) || strings.Contains(word, "$") {
		return strings.Contains(word, "*")
	}
	for at := name; at != "/"; at = path.Dir(at) {
		if matches, err := path.Match(path.Clean(word), at); matches || err != nil {
			return true
		}
	}
	return false
}

// modes are what the files of a repository do to the modes of others.
type modes struct {
	playbook bool     // one gives modes
	lines    []string // that do
}

func modesOf(p *validate.Package) modes {
	type key struct{}
	return validate.Keep(p, key{}, func() modes {
		var m modes
		for _, f := range p.Files() {
			text, ok := p.Text(f.Path)
			if !ok || path.Ext(f.Path) == ".md" {
				continue
			}
			ext := path.Ext(f.Path)
			m.playbook = m.playbook || (ext == ".yml" || ext == ".yaml") && strings.Contains(text, "mode:")
			if !changesMode(text) {
				continue
			}
			for line := range strings.Lines(text) {
				if changesMode(line) {
					m.lines = append(m.lines, line)
				}
			}
		}
		return m
	})
}
