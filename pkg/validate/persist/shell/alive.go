package shell

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// askDaemon is the answer of a command that succeeds where daemons run: pgrep -x mongod,
// systemctl is-active mongod.
func askDaemon(name string, args []Value) answer {
	_, operands := split(args, "-u -U -t -P -g -s -c -o --user --type -M -H -n -p")
	switch {
	case len(operands) == 0:
		return answer{}
	case name == "pgrep":
		if operands = operands[len(operands)-1:]; strings.Contains(operands[0].Text, " ") {
			operands = patterns(operands[0].Text)
		}
	case name == "systemctl" && isOneOf(operands[0].Text, []string{"is-active", "status", "is-enabled"}):
		operands = operands[1:]
	case name == "supervisorctl" && operands[0].Text == "status":
		operands = operands[1:]
	case name == "service" && len(operands) == 2 && operands[1].Text == "status":
		operands = operands[:1]
	case name != "pidof":
		return answer{}
	}
	var out answer
	for _, v := range operands {
		if daemon := path.Base(strings.TrimSuffix(v.Text, ".service")); !strings.ContainsAny(daemon, "$ ") {
			out.alive = append(out.alive, strings.ToLower(unbracketed.Replace(daemon)))
		}
	}
	return out
}

// patterns are the daemons of a pattern that is held against whole command lines: the last
// word of each that it may be, java -jar broker|node.type=router.
func patterns(text string) []Value {
	var out []Value
	for _, one := range strings.Split(text, "|") {
		words := strings.FieldsFunc(one, func(c rune) bool { return c == ' ' || c == '=' })
		if len(words) > 0 {
			out = append(out, Value{Text: words[len(words)-1]})
		}
	}
	return out
}

// maxFirst bounds the statements that a script begins with.
const maxFirst = 6

// Awaits are the daemons without one of which a script does nothing: it begins with a
// question for them, and leaves where none runs.
func Awaits(file *syntax.File, text string, env World) []string {
	w := newWalker(text, env, maxSteps)
	w.survey(file)
	for _, s := range file.Stmts[:min(len(file.Stmts), maxFirst)] {
		w.stmt(s)
		if w.alive != nil {
			return w.alive
		}
		for _, e := range w.events {
			if e.Op != Assign && e.Op != Env && e.Op != Start && e.Op != Option {
				return nil
			}
		}
	}
	return nil
}

// unbracketed takes away what keeps a pattern from finding itself: grep [h]aproxy.
var unbracketed = strings.NewReplacer("[", "", "]", "", "^", "", "\\", "")

// askProcesses is the answer of ps … | grep daemon.
func askProcesses(c *syntax.BinaryCmd) answer {
	first := c.X
	for {
		pipe, ok := first.Cmd.(*syntax.BinaryCmd)
		if !ok || pipe.Op != syntax.Pipe {
			break
		}
		first = pipe.X
	}
	if lits(first)[0] != "ps" {
		return answer{}
	}
	var words []Value
	for _, word := range lits(c.Y) {
		words = append(words, Value{Text: word})
	}
	if !strings.HasSuffix(words[0].Text, "grep") || slices.ContainsFunc(words, func(v Value) bool { return v.Text == "-v" }) {
		return answer{}
	}
	return askDaemon("pgrep", words[1:])
}

// lits are the words of a command as far as they are plain; at least one.
func lits(s *syntax.Stmt) []string {
	c, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || len(c.Args) == 0 {
		return []string{""}
	}
	var out []string
	for _, a := range c.Args {
		out = append(out, plain(a))
	}
	return out
}

// plain is a word without its quotes, where it has no variables; else "$".
func plain(word *syntax.Word) string {
	if word == nil {
		return ""
	}
	text := ""
	for _, p := range word.Parts {
		switch p := p.(type) {
		case *syntax.Lit:
			text += p.Value
		case *syntax.SglQuoted:
			text += p.Value
		case *syntax.DblQuoted:
			text += plain(&syntax.Word{Parts: p.Parts})
		default:
			return "$"
		}
	}
	return text
}

// askOutput is the answer of a test of what such a command prints: [ -n "$(pidof haproxy)" ],
// [ "$(systemctl is-active mongod)" = active ].
func askOutput(op string, x, y *syntax.Word) answer {
	a := askedFor(x)
	switch {
	case a.alive == nil:
		return answer{}
	case op == "-n", op == "-gt", op == "-ge":
		return a
	case op == "-z", op == "-lt", op == "-eq" && plain(y) == "0":
		return a.not()
	case op == "=" || op == "==":
		if text := plain(y); text == "active" || text == "running" {
			return a
		}
		return a.not()
	case op == "!=":
		if text := plain(y); text == "active" || text == "running" {
			return a.not()
		}
		return a
	}
	return answer{}
}

// askOutputOf is askOutput in [[ … ]].
func askOutputOf(op string, x, y syntax.TestExpr) answer {
	word, _ := x.(*syntax.Word)
	other, _ := y.(*syntax.Word)
	if word == nil {
		return answer{}
	}
	return askOutput(op, word, other)
}

// askedFor is the answer of the command whose output a word is.
func askedFor(word *syntax.Word) answer {
	parts := word.Parts
	if len(parts) == 1 {
		if q, ok := parts[0].(*syntax.DblQuoted); ok {
			parts = q.Parts
		}
	}
	if len(parts) != 1 {
		return answer{}
	}
	c, ok := parts[0].(*syntax.CmdSubst)
	if !ok || len(c.Stmts) != 1 {
		return answer{}
	}
	if pipe, ok := c.Stmts[0].Cmd.(*syntax.BinaryCmd); ok && pipe.Op == syntax.Pipe {
		return askProcesses(pipe)
	}
	words := lits(c.Stmts[0])
	var args []Value
	for _, word := range words[1:] {
		args = append(args, Value{Text: word})
	}
	return askDaemon(words[0], args)
}
