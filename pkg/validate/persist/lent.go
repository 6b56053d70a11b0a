package persist

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// lentTo is a library of shell, which scripts read with `.`, or a script that calls what it is
// told to, as a role's scripts have it: its functions and variables that only other roles'
// scripts come to use are blank.
func (j *project) lentTo(d *doc.Doc, r *doc.Role) *doc.Doc {
	if len(j.roles) < 2 || d.Pair != nil || d.Command || d.Build || d.Nested {
		return d
	}
	file, err := j.p.Shell(d.Text)
	if err != nil || file == nil || callsOf(file) != byWords && !j.onlyRead(d) {
		return d
	}
	own := j.liveFor(d, file, r)
	if own == nil {
		return d
	}
	text := []byte(d.Text)
	for i, s := range file.Stmts {
		others := func(o *doc.Role) bool {
			if o == r || !d.Of(o) {
				return false
			}
			live := j.liveFor(d, file, o)
			return live == nil || live[i]
		}
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

// callsIn is how the scripts of a role that a library goes with come to call its functions, as
// far as this does not stand there by their names.
func (j *project) callsIn(d *doc.Doc, r *doc.Role) calls {
	group, out := []*doc.Doc{d}, byName
	for i := 0; i < len(group); i++ {
		for _, other := range j.library[group[i].File] {
			if other.Of(r) && !slices.Contains(group, other) {
				group = append(group, other)
			}
		}
		file, err := j.p.Shell(group[i].Text)
		if err != nil || file == nil {
			return byAnything
		}
		out = max(out, callsOf(file))
	}
	return out
}

// calls is how functions are called.
type calls int

const (
	byName     calls = iota
	byWords          // what a script is told to: "$@", start_$1
	byAnything       // what is not known: eval
)

// callsOf is how a script calls what may be functions.
func callsOf(file *syntax.File) calls {
	out := byName
	syntax.Walk(file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			switch lit := call.Args[0].Lit(); {
			case lit == "eval":
				out = byAnything
			case lit == "" && !hasSlash(call.Args[0]):
				out = max(out, byWords)
			}
		}
		return true
	})
	return out
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
// is read, and what they use, and what that uses; nil where they may come to any.
func (j *project) liveFor(d *doc.Doc, file *syntax.File, r *doc.Role) []bool {
	how := j.callsIn(d, r)
	if how == byAnything {
		return nil
	}
	used, own := map[string]bool{}, map[string]bool{}
	use(d.Text, own)
	for name, scripts := range j.namesIn(r) {
		used[name] = scripts > 1 || !own[name] // else the library alone has it
	}
	if how == byWords {
		j.useTold(file, r, used)
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

// useTold notes the functions of a library that have a word for a part of their names which a
// role's commands and units, any crontab, or what it is rendered, say: _start is called by "_$1", unless the role has
// a start of its own for that. What it calls by its whole name it has noted already.
func (j *project) useTold(file *syntax.File, r *doc.Role, used map[string]bool) {
	told := map[string]bool{}
	for _, d := range j.docs {
		if d.Role == r && (d.Command || d.Pair != nil) || d.Format == reader.Cron || d.Format == reader.Unit && d.Of(r) {
			use(d.Text, told)
		}
	}
	for _, s := range file.Stmts {
		f, ok := s.Cmd.(*syntax.FuncDecl)
		if !ok {
			continue
		}
		name := f.Name.Value
		if base, fallback := strings.CutPrefix(name, "_"); fallback && j.defines(r, file, base) {
			continue
		}
		used[name] = used[name] || slices.ContainsFunc(strings.Split(name, "_"), func(part string) bool { return part != "" && told[part] })
	}
}

// defines reports whether a role's scripts, but for one of them, define a function.
func (j *project) defines(r *doc.Role, but *syntax.File, name string) bool {
	return slices.ContainsFunc(j.docs, func(d *doc.Doc) bool {
		if d.Format != reader.Shell || d.Command || d.Build || d.Pair != nil || !d.Of(r) || !strings.Contains(d.Text, name) {
			return false
		}
		file, err := j.p.Shell(d.Text)
		return err == nil && file != nil && file != but && slices.ContainsFunc(file.Stmts, func(s *syntax.Stmt) bool {
			f, ok := s.Cmd.(*syntax.FuncDecl)
			return ok && f.Name.Value == name
		})
	})
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
