package persist

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// lentTo is a library of shell, which scripts read with `.`, as a role's scripts have it: its
// functions and variables that only other roles' scripts come to use are blank.
func (j *project) lentTo(d *doc.Doc, r *doc.Role) *doc.Doc {
	if len(j.roles) < 2 || d.Pair != nil || d.Command || d.Build || d.Nested || !j.onlyRead(d) || j.callsByWords(d, r) {
		return d
	}
	file, err := j.p.Shell(d.Text)
	if err != nil || file == nil {
		return d
	}
	own := j.liveFor(d, file, r)
	text := []byte(d.Text)
	for i, s := range file.Stmts {
		others := func(o *doc.Role) bool { return o != r && d.Of(o) && j.liveFor(d, file, o)[i] }
		if !own[i] && slices.ContainsFunc(j.roles, others) {
			blank(text[s.Pos().Offset():s.End().Offset()])
		}
	}
	lent := *d
	lent.Text = string(text)
	return &lent
}

// blank takes away a part of a text, but for the ends of its lines.
func blank(part []byte) {
	for i, c := range part {
		if c != '\n' {
			part[i] = ' '
		}
	}
}

// onlyRead reports whether scripts read a script with `.`, and no command calls it.
func (j *project) onlyRead(d *doc.Doc) bool {
	base := d.Node[strings.LastIndexByte(d.Node, '/')+1:]
	read := slices.ContainsFunc(j.library[d.File], func(by *doc.Doc) bool { return slices.Contains(doc.Sources(by.Text), base) })
	return read && !slices.ContainsFunc(j.docs, func(c *doc.Doc) bool { return c.Command && strings.Contains(c.Text, base) })
}

// callsByWords reports whether one of the scripts of a role that a library goes with calls
// what it is told to: "$@", start_$1.
func (j *project) callsByWords(d *doc.Doc, r *doc.Role) bool {
	group := []*doc.Doc{d}
	for i := 0; i < len(group); i++ {
		for _, other := range j.library[group[i].File] {
			if other.Of(r) && !slices.Contains(group, other) {
				group = append(group, other)
			}
		}
		file, err := j.p.Shell(group[i].Text)
		if err != nil || file == nil || callsAnything(file) {
			return true
		}
	}
	return false
}

// callsAnything reports whether a script has a command whose name hangs on variables, and
// that may be a function.
func callsAnything(file *syntax.File) bool {
	found := false
	syntax.Walk(file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			lit := call.Args[0].Lit()
			found = found || lit == "eval" || lit == "" && !hasSlash(call.Args[0])
		}
		return !found
	})
	return found
}

// hasSlash reports whether a word has a part of a path.
func hasSlash(w *syntax.Word) bool {
	found := false
	syntax.Walk(w, func(n syntax.Node) bool {
		if lit, ok := n.(*syntax.Lit); ok {
			found = found || strings.Contains(lit.Value, "/")
		}
		return true
	})
	return found
}

// liveFor are the statements of a library that a role's scripts come to: what is run when it
// is read, and what they use, and what that uses.
func (j *project) liveFor(d *doc.Doc, file *syntax.File, r *doc.Role) []bool {
	used, own := map[string]bool{}, map[string]bool{}
	use(d.Text, own)
	for name, scripts := range j.namesIn(r) {
		used[name] = scripts > 1 || !own[name] // else the library alone has it
	}
	live := make([]bool, len(file.Stmts))
	for grown := true; grown; {
		grown = false
		for i, s := range file.Stmts {
			names := definedBy(s)
			if !live[i] && (names == nil || slices.ContainsFunc(names, func(name string) bool { return used[name] })) {
				live[i], grown = true, true
				use(d.Text[s.Pos().Offset():s.End().Offset()], used)
			}
		}
	}
	return live
}

// namesIn are the names in a role's scripts, and in how many each is.
func (j *project) namesIn(r *doc.Role) map[string]int {
	if out, ok := j.names[r]; ok {
		return out
	}
	out := map[string]int{}
	for _, d := range j.docs {
		if (d.Format == reader.Shell || d.Format == reader.Unit || d.Format == reader.Cron) && !d.Build && d.Of(r) {
			one := map[string]bool{}
			use(d.Text, one)
			for name := range one {
				out[name]++
			}
		}
	}
	j.names[r] = out
	return out
}

// definedBy are the names of a function, or of variables that no program sees, which a
// statement defines; nil of one that does something.
func definedBy(s *syntax.Stmt) []string {
	switch cmd := s.Cmd.(type) {
	case *syntax.FuncDecl:
		if plainName.MatchString(cmd.Name.Value) {
			return []string{cmd.Name.Value}
		}
	case *syntax.CallExpr:
		var names []string
		for _, a := range cmd.Assigns {
			names = append(names, a.Name.Value)
		}
		if len(cmd.Args) == 0 && len(s.Redirs) == 0 && !runsSomething(s) {
			return names
		}
	}
	return nil
}

// runsSomething reports whether a statement has the output of a command in it.
func runsSomething(s *syntax.Stmt) bool {
	found := false
	syntax.Walk(s, func(n syntax.Node) bool {
		_, ok := n.(*syntax.CmdSubst)
		found = found || ok
		return !found
	})
	return found
}

// plainName matches a name that may stand for a function or a variable.
var plainName = lazyregexp.New(`^[A-Za-z_]\w*$`)

// use notes the names in a text.
func use(text string, used map[string]bool) {
	for _, name := range strings.FieldsFunc(text, func(c rune) bool { return c > 127 || !doc.OfWord(byte(c)) }) {
		used[name] = true
	}
}
