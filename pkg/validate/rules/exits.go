package rules

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// exitAt is a place where a command ends with a number of its own.
type exitAt struct {
	code int
	pos  diag.Pos
}

// exits are the ends that a command can come to, as far as its scripts can be
// read; all is false where it runs something else as well.
func exits(p *validate.Package, c command) (found []exitAt, all bool) {
	w := &exitWalk{p: p, command: c, all: true, seen: map[string]bool{}}
	file, _ := p.Shell(c.text)
	if file == nil {
		return nil, false
	}
	w.statements(exitScope{file: file, at: func(int) diag.Pos { return c.pos }}, file.Stmts)
	return w.found, w.all
}

type exitWalk struct {
	p       *validate.Package
	command command
	found   []exitAt
	all     bool
	seen    map[string]bool // functions and scripts, with their arguments
}

// exitScope is a script while it is followed.
type exitScope struct {
	file   *syntax.File
	at     func(offset int) diag.Pos
	script bool     // a script of the image, which names what it needs
	shifts bool     // it renumbers its arguments
	args   []string // of the script, or the function; "" is one that is not known
}

// statements follows what runs one after the other, and what that calls.
func (w *exitWalk) statements(s exitScope, list []*syntax.Stmt) {
	for _, stmt := range list {
		syntax.Walk(stmt, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.FuncDecl, *syntax.Subshell, *syntax.CmdSubst:
				return false // runs where it is called, or ends nothing but itself
			case *syntax.CaseClause:
				return !w.chosen(s, n)
			case *syntax.CallExpr:
				w.call(s, n)
			}
			return true
		})
	}
}

// chosen follows the one item of "case $1" that the arguments choose.
func (w *exitWalk) chosen(s exitScope, c *syntax.CaseClause) bool {
	on := parameter(c.Word)
	if on < 1 {
		return false
	}
	if s.shifts { // which word it is by then is not known
		found := len(w.found)
		for _, item := range c.Items {
			w.statements(s, item.Stmts)
		}
		w.found = w.found[:found]
		return true
	}
	arg := ""
	if on <= len(s.args) {
		if arg = s.args[on-1]; arg == "" {
			return false
		}
	}
	for _, item := range c.Items {
		for _, pattern := range item.Patterns {
			if lit := constant(pattern); lit == arg || lit == "*" {
				w.statements(s, item.Stmts)
				return true
			}
		}
	}
	return true
}

// parameter is n of a word that is "$n"; 0 of any other.
func parameter(word *syntax.Word) int {
	exp := expansion(word)
	if exp == nil || exp.Param == nil {
		return 0
	}
	n, err := strconv.Atoi(exp.Param.Value)
	if err != nil {
		return 0
	}
	return n
}

// expansion is the variable that a word is, with or without quotes.
func expansion(word *syntax.Word) *syntax.ParamExp {
	if word == nil || len(word.Parts) != 1 {
		return nil
	}
	part := word.Parts[0]
	if quoted, ok := part.(*syntax.DblQuoted); ok && len(quoted.Parts) == 1 {
		part = quoted.Parts[0]
	}
	exp, _ := part.(*syntax.ParamExp)
	return exp
}

func (w *exitWalk) call(s exitScope, call *syntax.CallExpr) {
	if len(call.Args) == 0 {
		return
	}
	words := callWords(call)
	if len(words) == 0 {
		return
	}
	if words[0] == "exit" && len(call.Args) == 2 {
		if code, ok := w.number(s, call.Args[1]); ok {
			w.found = append(w.found, exitAt{code, s.at(int(call.Pos().Offset()))})
		} else {
			w.all = false
		}
		return
	}
	if name, args := w.invoked(s, call, words); name != "" && w.function(s, name, args) {
		return
	}
	w.program(s, words)
}

// invoked is the function that a call may be of: its first word, or the one
// that "$1" and "$@" stand for.
func (w *exitWalk) invoked(s exitScope, call *syntax.CallExpr, words []string) (name string, args []string) {
	if words[0] != "" {
		return words[0], words[1:]
	}
	exp := expansion(call.Args[0])
	switch {
	case exp == nil || exp.Param == nil || len(s.args) == 0:
		return "", nil
	case exp.Param.Value == "1" || exp.Param.Value == "@" || exp.Param.Value == "*":
		return s.args[0], s.args[1:]
	}
	return "", nil
}

// function follows a function of the script, or of one that it reads.
func (w *exitWalk) function(s exitScope, name string, args []string) bool {
	var body *syntax.Stmt
	for _, stmt := range s.file.Stmts {
		if f, ok := stmt.Cmd.(*syntax.FuncDecl); ok && f.Name != nil && f.Name.Value == name {
			body = f.Body
		}
	}
	if body == nil {
		return false
	}
	if key := "function " + name; !w.seen[key] {
		w.seen[key] = true
		s.args = args
		w.statements(s, []*syntax.Stmt{body})
	}
	return true
}

// program follows a script of the image. What else is run may end in any way,
// but a script decides for itself what to make of it.
func (w *exitWalk) program(s exitScope, words []string) {
	name, direct := programOf(words)
	f := scriptAt(w.p, w.command, name)
	if f == nil {
		w.all = w.all && (systemCommand(name) || s.script && !path.IsAbs(name))
		return
	}
	file, _ := w.p.Shell(f.text)
	if file == nil || w.seen[f.path] {
		return
	}
	w.seen[f.path] = true
	skip := 1
	if !direct {
		skip = 2
	}
	w.statements(exitScope{file: file, script: true, shifts: shifts.MatchString(f.text), args: words[min(skip, len(words)):], at: f.at}, file.Stmts)
}

// systemCommand reports whether a word names a command of the system: not a
// program of the app, which may lie in the search path as well.
func systemCommand(word string) bool {
	return path.IsAbs(word) && systemFolder(path.Dir(word)) || slices.Contains(strings.Fields(`. : [ [[ awk basename break cat cd chmod chown
		continue cp curl cut date declare df dirname docker du echo env eval export expr false find getent grep head hostname id install
		ip ipcalc jq kill let ln local logger ls mkdir mktemp mount mv nc nohup pgrep pidof ping printf ps pwd read readonly return rm
		rsync sed sem service set shift sleep sort source ss stat su sync systemctl tail tar tee test timeout touch tr trap true type
		umount uniq unset wait wc wget which xargs`), word)
}

var shifts = lazyregexp.New(`\b(shift|set --|getopts)\b`)

// number is the number that a word is, itself or by a constant of the script.
func (w *exitWalk) number(s exitScope, word *syntax.Word) (int, bool) {
	if n, err := strconv.Atoi(constant(word)); err == nil {
		return n, true
	}
	exp := expansion(word)
	if exp == nil || exp.Param == nil {
		return 0, false
	}
	values := map[int]bool{}
	value, known := 0, true
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if a, ok := n.(*syntax.Assign); ok && a.Name != nil && a.Name.Value == exp.Param.Value {
			n := 0
			var err error
			if a.Value != nil {
				n, err = strconv.Atoi(constant(a.Value))
			}
			known = known && err == nil && a.Value != nil
			values[n], value = true, n
		}
		return true
	})
	return value, known && len(values) == 1
}
