package shell

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

type truth int

const (
	unknown truth = iota
	yes
	no
)

// answer is what is known of a condition.
type answer struct {
	truth truth
	test  bool     // it is a test, not the success of a command
	role  bool     // it is about roles
	files []string // that are there where it is yes
	gone  []string // that are not there where it is yes
	words []string // that it compares something with
	alive []string // daemons that run where it is yes
	dead  []string // daemons that do not
}

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (a answer) not() answer {
	switch a.truth {
	case yes:
		a.truth = no
	case no:
		a.truth = yes
	}
	a.files, a.gone = a.gone, a.files
	a.alive, a.dead = a.dead, a.alive
	return a
}

// asking is an answer that asks for the files and the daemons of two others.
func (a answer) asking(x, y answer) answer {
	a.files, a.gone = slices.Concat(x.files, y.files), slices.Concat(x.gone, y.gone)
	a.alive, a.dead = slices.Concat(x.alive, y.alive), slices.Concat(x.dead, y.dead)
	return a
}

// ask says whether a statement succeeds.
func (w *walker) ask(s *syntax.Stmt) answer {
	var a answer
	switch c := s.Cmd.(type) {
	case *syntax.TestClause:
		a = w.test(c.X)
	case *syntax.CallExpr:
		a = w.askCall(c)
	case *syntax.BinaryCmd:
		a = w.both(c)
	case *syntax.Block:
		if len(c.Stmts) == 1 {
			a = w.ask(c.Stmts[0])
		}
	}
	if s.Negated {
		return a.not()
	}
	return a
}

func (w *walker) both(c *syntax.BinaryCmd) answer {
	x, y := w.ask(c.X), w.ask(c.Y)
	out := answer{test: x.test || y.test, role: x.role || y.role, words: append(x.words, y.words...)}.asking(x, y)
	decides, other := no, yes
	if c.Op == syntax.OrStmt {
		decides, other = yes, no
	} else if c.Op == syntax.Pipe {
		if a := askProcesses(c); a.alive != nil {
			return a
		}
		return w.mountList(c)
	} else if c.Op != syntax.AndStmt {
		return answer{}
	}
	switch {
	case x.truth == decides || y.truth == decides:
		out.truth = decides
	case x.truth == other && y.truth == other:
		out.truth = other
	}
	return out
}

// askCall knows test, [, true and false.
func (w *walker) askCall(c *syntax.CallExpr) answer {
	if len(c.Args) == 0 {
		return answer{}
	}
	name, args := c.Args[0].Lit(), c.Args[1:]
	if name == "" { // if $IS_MASTER
		name = w.sole(c.Args[0]).Text
	}
	switch name {
	case "true", ":", "echo":
		return answer{truth: yes}
	case "false":
		return answer{truth: no}
	case "[":
		if len(args) == 0 || args[len(args)-1].Lit() != "]" {
			return answer{}
		}
		args = args[:len(args)-1]
	case "test":
	case "mountpoint":
		return w.mounted(w.sole(args[max(len(args)-1, 0)]).Text)
	case "grep", "egrep", "fgrep":
		return w.askGrep(args)
	case "pgrep", "pidof", "systemctl", "service", "supervisorctl":
		return askDaemon(name, w.values(args))
	default:
		return w.askFunction(name, args)
	}
	a := w.bracket(w.values(args))
	if len(args) == 2 {
		a = a.asking(a, askOutput(args[0].Lit(), args[1], nil))
	} else if len(args) == 3 {
		a = a.asking(a, askOutput(args[1].Lit(), args[0], args[2]))
	}
	return a
}

func (w *walker) bracket(args []Value) answer {
	for i, a := range args {
		if a.Text == "-a" || a.Text == "-o" {
			x, y := w.bracket(args[:i]), w.bracket(args[i+1:])
			return answer{test: true, role: x.role || y.role, truth: combine(a.Text == "-a", x.truth, y.truth)}.asking(x, y)
		}
	}
	switch {
	case len(args) > 0 && args[0].Text == "!":
		return w.bracket(args[1:]).not()
	case len(args) == 2 && (args[0].Text == "-z" || args[0].Text == "-n"):
		return empty(args[1].Text, args[0].Text == "-z")
	case len(args) == 2 && args[0].Text == "-d":
		return w.isFolder(args[1].Text)
	case len(args) == 2 && (args[0].Text == "-f" || args[0].Text == "-e" || args[0].Text == "-s" || args[0].Text == "-r"):
		return w.isThere(args[1].Text)
	case len(args) == 3 && (args[1].Text == "=" || args[1].Text == "=="):
		return w.equal(args[0].Text, args[2].Text)
	case len(args) == 3 && args[1].Text == "!=":
		return w.equal(args[0].Text, args[2].Text).not()
	}
	return answer{test: true, role: w.aboutRole(args)}
}

func combine(and bool, x, y truth) truth {
	switch {
	case and && (x == no || y == no):
		return no
	case !and && (x == yes || y == yes):
		return yes
	case x == y:
		return x
	}
	return unknown
}

func empty(text string, want bool) answer {
	if strings.HasPrefix(text, "$") {
		return answer{test: true}
	}
	return answer{test: true, truth: truthOf((text == "") == want)}
}

// test is what [[ … ]] says.
func (w *walker) test(x syntax.TestExpr) answer {
	switch x := x.(type) {
	case *syntax.ParenTest:
		return w.test(x.X)
	case *syntax.UnaryTest:
		switch x.Op {
		case syntax.TsNot:
			return w.test(x.X).not()
		case syntax.TsEmpStr, syntax.TsNempStr:
			a := empty(w.operand(x.X).Text, x.Op == syntax.TsEmpStr)
			return a.asking(a, askOutputOf(x.Op.String(), x.X, nil))
		case syntax.TsDirect:
			return w.isFolder(w.operand(x.X).Text)
		case syntax.TsExists, syntax.TsRegFile, syntax.TsNoEmpty, syntax.TsRead:
			return w.isThere(w.operand(x.X).Text)
		}
	case *syntax.BinaryTest:
		return w.binaryTest(x)
	}
	return answer{test: true}
}

func (w *walker) binaryTest(x *syntax.BinaryTest) answer {
	if a := askOutputOf(x.Op.String(), x.X, x.Y); a.alive != nil || a.dead != nil {
		return answer{test: true}.asking(a, answer{})
	}
	switch x.Op {
	case syntax.AndTest, syntax.OrTest:
		a, b := w.test(x.X), w.test(x.Y)
		return answer{test: true, role: a.role || b.role, truth: combine(x.Op == syntax.AndTest, a.truth, b.truth)}.asking(a, b)
	case syntax.TsMatch, syntax.TsMatchShort:
		return w.equal(w.operand(x.X).Text, w.operand(x.Y).Text)
	case syntax.TsNoMatch:
		return w.equal(w.operand(x.X).Text, w.operand(x.Y).Text).not()
	case syntax.TsReMatch:
		if list, ok := x.X.(*syntax.Word); ok && w.isRoleVariable(strings.TrimSpace(w.operand(x.Y).Text)) { // " a b " =~ " $ROLE "
			return w.listsRole(w.word(list))
		}
		return w.regular(w.operand(x.X).Text, w.operand(x.Y).Text)
	}
	return answer{test: true}
}

func (w *walker) operand(x syntax.TestExpr) Value {
	if word, ok := x.(*syntax.Word); ok {
		return w.sole(word)
	}
	return Value{Text: "$_"}
}

// equal compares a text with a pattern. Where one of both is a variable about
// roles that is not known, and the other one names a role, the role decides.
func (w *walker) equal(x, y string) answer {
	if len(x) > 1 && len(y) > 1 && x[0] == y[0] && x[0] != '$' { // [ "x$ROLE" = xproxy ]
		x, y = x[1:], y[1:]
	}
	switch {
	case !strings.Contains(x, "$") && !strings.Contains(y, "$"):
		ok, err := path.Match(strings.ReplaceAll(y, "/", "\x01"), strings.ReplaceAll(x, "/", "\x01"))
		return answer{test: true, truth: truthOf(err == nil && ok || x == y)}
	case w.isRoleVariable(x):
		return w.isRole(y)
	case w.isRoleVariable(y):
		return w.isRole(x)
	case strings.HasPrefix(y, "*") && w.isRoleVariable(strings.Trim(y, "* ")) && !strings.Contains(x, "$"): // "a b" == *$ROLE*
		return w.listsRole(text(x))
	case isHostName(x) && w.roleIn(y) != "", strings.HasPrefix(x, "$") && w.isNumbered(y):
		return w.isRole(y)
	}
	return answer{test: true, words: []string{x, y}}
}

// values are what words of a test are.
func (w *walker) values(words []*syntax.Word) []Value {
	var out []Value
	for _, word := range words {
		out = append(out, w.sole(word))
	}
	return out
}

// asksState is the answer of a function whose name says that it asks whether something
// has been made before: isInitialized, has_cert.
func (w *walker) asksState(name string) answer {
	if w.funcs[name] == nil && w.lent[name] == nil {
		return answer{}
	}
	lower := strings.ToLower(name)
	if strings.HasPrefix(lower, "is") || strings.HasPrefix(lower, "has") || strings.Contains(lower, "init") || strings.Contains(lower, "exist") {
		return answer{files: []string{"$_"}}
	}
	return answer{}
}

func (w *walker) regular(x, pattern string) answer {
	if name := w.roleIn(strings.Trim(pattern, "^$")); isHostName(x) && name != "" {
		return w.isRole(name)
	}
	if strings.Contains(x, "$") && !w.isRoleVariable(x) || len(pattern) > 200 {
		return answer{test: true}
	}
	re, err := regexp.Compile(pattern)
	if err != nil || strings.Contains(strings.TrimSuffix(pattern, "$"), "$") {
		return answer{test: true, role: w.isRoleVariable(x)}
	}
	if w.isRoleVariable(x) {
		matched := truthOf(re.MatchString(w.env.Role))
		if !slices.ContainsFunc(w.env.Roles, re.MatchString) {
			matched = unknown // it is not the name of the role
		}
		return answer{test: true, role: true, truth: matched}
	}
	return answer{test: true, truth: truthOf(re.MatchString(x))}
}

// matches compares the subject of a case with the patterns of one of its items. What only
// other roles' commands say is not the first argument, nor is what the role's do not.
func (w *walker) matches(subject Value, patterns []*syntax.Word) answer {
	out := answer{truth: no, test: true}
	if subject.Text == "$1" && len(w.active) == 0 && !slices.ContainsFunc(patterns, w.mayBeFirst) {
		return out
	}
	for _, p := range patterns {
		pattern := w.one(p).Text
		if pattern == "*" && !strings.Contains(subject.Text, "$") {
			return answer{truth: yes, test: true}
		}
		a := w.equal(subject.Text, pattern)
		out.role = out.role || a.role
		out.words = append(out.words, a.words...)
		switch a.truth {
		case yes:
			return a
		case unknown:
			out.truth = unknown
		}
	}
	return out
}
