package rules

import (
	"context"
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

var action = lazyregexp.New(`^[A-Za-z][A-Za-z0-9_-]{2,}$`)

// actionMissing finds commands that give a script of the repository a word
// which the script does not know.
func actionMissing() validate.Rule {
	return validate.NewRule("action-missing", validate.Warning, "A script does not know the action that a command asks for",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			told := unknownToShell(p, r)
			all := asked(p)
			for _, a := range all {
				if why := a.unknown(p, all); why != "" && !told[a.pos] {
					f := r.At(a.pos, "%s asks %s for %q, and %s", a.name, a.program, a.word, why)
					f.In(a.role).With(validate.Likely).Path = a.program
				}
			}
			return nil
		})
}

// unknownToShell reports words that a shell script does not choose by: each file
// of the repository that may be the program has a case of its first argument,
// and none of them has the word. It returns where.
func unknownToShell(p *validate.Package, r *validate.Reporter) map[diag.Pos]bool {
	told := map[diag.Pos]bool{}
	for _, c := range commands(p) {
		file, _ := p.Shell(c.text)
		eachCall(file, func(call *syntax.CallExpr) {
			name, word := request(call)
			if !path.IsAbs(name) || word == "" {
				return
			}
			known := caseOf(p, c, name)
			if len(known) < 2 || admits(known, word) || told[c.pos] {
				return
			}
			told[c.pos] = true
			f := r.At(c.pos, "%s asks %s for %q, and its case knows only %s", c.name, name, word, strings.Join(known, ", "))
			f.In(c.role).DidYouMean(word, known).Path = name
		})
	}
	return told
}

// request is the program that a call is of, or that its interpreter runs, and the word
// that it asks it for; no word where it asks for nothing that is one.
func request(call *syntax.CallExpr) (program, word string) {
	words := callWords(call)
	program, direct := programOf(words)
	at := 1
	if !direct {
		at = 2
	}
	if program == "" || len(words) <= at || !action.MatchString(words[at]) {
		return program, ""
	}
	return program, words[at]
}

// caseOf are the words that a program chooses by, if it is a shell script that
// chooses so; nil where that is not sure.
func caseOf(p *validate.Package, c command, name string) []string {
	var out []string
	for _, img := range c.imagesOf(p) {
		if pairTo(p, img, name) != nil {
			return nil // a template writes it
		}
	}
	for _, f := range p.Files() {
		if path.Base(f.Rel) != path.Base(name) {
			continue
		}
		text, ok := p.Text(f.Path)
		if !ok || !isShell(f.Path, text) || isTemplate(text) {
			return nil
		}
		file, _ := p.Shell(text)
		known := firstWords(file)
		if known == nil {
			return nil
		}
		out = append(out, known...)
	}
	return out
}

// ask is a command that gives a program of the repository a word.
type ask struct {
	command
	program, word string
	file          *validate.File
	text          string
}

// asked are the words that the commands of cluster.json.mustache give to
// scripts of the repository, which deal with them themselves.
func asked(p *validate.Package) []ask {
	var out []ask
	for _, c := range clusterCommands(p) {
		file, _ := p.Shell(c.text)
		eachCall(file, func(call *syntax.CallExpr) {
			name, word := request(call)
			if word == "" {
				return
			}
			if f := ownScript(p, name); f != nil {
				text, _ := p.Text(f.Path)
				out = append(out, ask{c, name, word, f, text})
			}
		})
	}
	return out
}

// passesOn is how scripts hand their words to others, which may know more.
var passesOn = lazyregexp.New(`\$@|\$\*|getattr|globals\(\)|locals\(\)|__dict__|argv\[1:\]|argparse|optparse|docopt|\bclick\b|\bfire\b|import_module`)

// dispatches is how a script chooses by its first word. One that does not may
// take any.
var dispatches = lazyregexp.New(`\bcase +"?\$\{?[A-Za-z_1]|\$\{?1[^0-9\n]{0,12}"? *(=|==) |\bargv\b`)

// ownScript is the script of the repository that has a program's name and
// deals with its words itself; nil where there is none.
func ownScript(p *validate.Package, name string) *validate.File {
	for _, f := range p.Files() {
		if path.Base(f.Rel) != path.Base(name) {
			continue
		}
		if text, ok := p.Text(f.Path); ok && strings.HasPrefix(text, "#!") && !passesOn.MatchString(text) && dispatches.MatchString(text) {
			return f
		}
	}
	return nil
}

// unknown is why the script does not know the word; "" where it may.
func (a ask) unknown(p *validate.Package, all []ask) string {
	if !mentioned(p, a.word) {
		return "no file of the repository uses this word"
	}
	if !pythonLine.MatchString(a.text) || a.compares(a.word) {
		return ""
	}
	// A script that compares its argument with other words of the commands
	// compares it with all that it knows.
	others := map[string]bool{}
	for _, b := range all {
		if b.file == a.file && b.word != a.word && a.compares(b.word) {
			others[b.word] = true
		}
	}
	if len(others) < 2 {
		return ""
	}
	return "it never compares its argument with this word"
}

var pythonLine = lazyregexp.New(`^#!.*\bpython`)

// compares reports whether the script has the word as a text of its own.
func (a ask) compares(word string) bool {
	return strings.Contains(a.text, `'`+word+`'`) || strings.Contains(a.text, `"`+word+`"`)
}
