package shell

import (
	"maps"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// dumps reports whether a command prints a copy of a database, or of a part of one.
func dumps(k call) bool {
	k = inner(k)
	switch k.name {
	case "mysqldump", "mariadb-dump", "pg_dump", "pg_dumpall", "mongodump", "xtrabackup", "innobackupex", "mariabackup", "slapcat":
		return true
	case "tar": // to its output
		return len(k.args) > 1 && strings.Contains(strings.SplitN(k.args[0].Text, "=", 2)[0], "c") && !strings.HasPrefix(k.args[0].Text, "--") && (k.args[1].Text == "-" || !strings.Contains(k.args[0].Text, "f"))
	case "etcdctl":
		return named(k, "snapshot", "backup", "get")
	case "consul", "vault", "nomad", "bao":
		return named(k, "snapshot", "export")
	case "influxd", "influx", "influx_inspect":
		return named(k, "backup", "export")
	}
	return false
}

// dumped reports whether a statement prints a copy of a database, into a pipe.
func dumped(s *syntax.Stmt) bool {
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		return dumps(unwrap(newCall(literals(c.Args), nil)))
	case *syntax.BinaryCmd:
		return dumped(c.X) || dumped(c.Y)
	}
	return false
}

// literals are words as they stand, without what variables put in.
func literals(words []*syntax.Word) []Value {
	var out []Value
	for _, word := range words {
		out = append(out, Value{Text: literal(word.Parts)})
	}
	return out
}

func literal(parts []syntax.WordPart) string {
	text := ""
	for _, p := range parts {
		switch p := p.(type) {
		case *syntax.Lit:
			text += p.Value
		case *syntax.SglQuoted:
			text += p.Value
		case *syntax.DblQuoted:
			text += literal(p.Parts)
		}
	}
	return text
}

// inner is the command whose output another one passes on: that of su -c, of a
// container. k where it is none.
func inner(k call) call {
	switch k.name {
	case "su", "runuser", "sh", "bash":
		if text, ok := after(k, "-c", "-lc"); ok {
			return unwrap(newCall(wordsOf(strings.Fields(text.Text)), nil))
		}
	case "docker", "podman", "nerdctl":
		if len(k.args) > 1 && (k.args[0].Text == "exec" || k.args[0].Text == "run") {
			if _, rest := leading(k.args[1:], "-e --env -u --user -w --workdir -v --volume --name --network"); len(rest) > 1 {
				return unwrap(newCall(rest[1:], nil))
			}
		}
	case "kubectl":
		for i, a := range k.args {
			if a.Text == "--" && i+1 < len(k.args) && named(k, "exec", "run") {
				return unwrap(newCall(k.args[i+1:], nil))
			}
		}
	}
	return k
}

// leading parts the options before the first operand from the rest.
func leading(args []Value, with string) (options, rest []Value) {
	i := 0
	for i < len(args) && strings.HasPrefix(args[i].Text, "-") {
		if strings.Contains(" "+with+" ", " "+args[i].Text+" ") {
			i++
		}
		i++
	}
	i = min(i, len(args))
	return args[:i], args[i:]
}

func wordsOf(texts []string) []Value {
	var out []Value
	for _, t := range texts {
		out = append(out, Value{Text: t})
	}
	return out
}

// bears reports whether the output of a statement has a new secret in it: that of a
// command of a pipe, that of one of several statements, that of a variable.
func (w *walker) bears(s *syntax.Stmt) bool {
	if s == nil {
		return false
	}
	for _, r := range s.Redirs {
		if op, ok := redirection(r); ok && (op == Write || op == Append) && r.Op != syntax.DplOut && (r.N == nil || r.N.Value == "1") {
			return false // it goes there
		}
	}
	if (call{redir: s.Redirs}).given(w) {
		return true
	}
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		return w.bearsCall(c)
	case *syntax.DeclClause:
		w.holdAll(c.Args)
	case *syntax.BinaryCmd:
		return w.bears(c.X) || w.bears(c.Y) || c.Op == syntax.Pipe && hashedClock(callOf(c.X), callOf(c.Y))
	case *syntax.Subshell:
		return w.anyBears(c.Stmts)
	case *syntax.Block:
		return w.anyBears(c.Stmts)
	case *syntax.ForClause:
		return w.anyBears(c.Do)
	case *syntax.WhileClause:
		return w.anyBears(c.Do)
	case *syntax.IfClause:
		for branch := c; branch != nil; branch = branch.Else {
			if w.anyBears(branch.Then) {
				return true
			}
		}
	}
	return false
}

// bearsCall is bears for a simple command: one that prints a secret, a function that
// does, one that prints what it is told.
func (w *walker) bearsCall(c *syntax.CallExpr) bool {
	if len(c.Args) == 0 {
		w.holdAll(c.Assigns)
		return false
	}
	k := unwrap(newCall(literals(c.Args), nil))
	body := w.funcs[k.name]
	if body == nil {
		body = w.lent[k.name]
	}
	if body != nil && !w.asked[k.name] && w.inquiries < maxInquiries {
		w.inquiries++
		w.asked[k.name] = true
		defer delete(w.asked, k.name)
		defer w.handed(c.Args[1:])()
		return w.bears(body)
	}
	if k.name == "envsubst" { // of what is exported
		for _, secret := range w.bearing {
			if secret {
				return true
			}
		}
		return false
	}
	return newSecret(k) || repeats(k.name) && w.carries(c.Args...)
}

// repeats reports whether a program prints what it is told in its words.
func repeats(name string) bool {
	switch name {
	case "echo", "printf", "print", "sed", "awk", "gawk", "jq", "yq":
		return true
	}
	return false
}

// holdAll is holds for what one statement sets.
func (w *walker) holdAll(list []*syntax.Assign) {
	for _, a := range list {
		if a.Name != nil {
			w.holds(a.Name.Value, a.Value)
		}
	}
}

// callOf is a statement as a simple command; its name is "" where it is none.
func callOf(s *syntax.Stmt) call {
	if c, ok := s.Cmd.(*syntax.CallExpr); ok {
		return unwrap(newCall(literals(c.Args), nil))
	}
	return call{}
}

func (w *walker) anyBears(list []*syntax.Stmt) bool {
	for _, s := range list {
		if w.bears(s) {
			return true
		}
	}
	return false
}

// carries reports whether words have a new secret in them: by a variable that was
// set to one, or by a command.
func (w *walker) carries(words ...*syntax.Word) bool {
	found := false
	for _, word := range words {
		syntax.Walk(word, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.ParamExp:
				found = found || n.Param != nil && (w.bearing[n.Param.Value] || n.Param.Value == "RANDOM" || n.Param.Value == "SRANDOM") && !n.Length
			case *syntax.ProcSubst:
				found = found || w.anyBears(n.Stmts)
				return false
			case *syntax.CmdSubst:
				found = found || w.anyBears(n.Stmts)
				return false
			case *syntax.ArithmExp:
				return false // a number: a port, a minute
			}
			return !found
		})
	}
	return found
}

// holds notes whether a variable has a new secret now.
func (w *walker) holds(name string, value *syntax.Word) {
	switch {
	case value != nil && w.carries(value):
		w.bearing[name] = true
	case !w.maybe:
		delete(w.bearing, name)
	}
}

// printed is a statement without the places that its output goes to.
func printed(s *syntax.Stmt) *syntax.Stmt {
	bare := &syntax.Stmt{Cmd: s.Cmd}
	for _, r := range s.Redirs {
		if _, out := redirection(r); !out {
			bare.Redirs = append(bare.Redirs, r)
		}
	}
	return bare
}

// given reports whether what a command reads has a new secret in it: a here-document, a
// text, the source of numbers at random.
func (k call) given(w *walker) bool {
	for _, r := range k.redir {
		switch {
		case r.Hdoc != nil && w.carries(r.Hdoc), r.Op == syntax.WordHdoc && w.carries(r.Word):
			return true
		case r.Op == syntax.RdrIn && (strings.Contains(r.Word.Lit(), "random") || w.carries(r.Word)):
			return true
		}
	}
	return false
}

// reads is read: what its variables have is what it is given.
func (w *walker) reads(k call) {
	_, names := split(k.args, "-d -p -t -n -N -u -a -i")
	for _, name := range names {
		delete(w.bearing, name.Text)
		if w.secret || k.given(w) {
			w.bearing[name.Text] = true
		}
	}
}

// handed notes which arguments of a function have a new secret in them; what it gives
// back undoes that.
func (w *walker) handed(args []*syntax.Word) (undo func()) {
	before, now := map[string]bool{}, map[string]bool{}
	for i := range positions {
		key := strconv.Itoa(i + 1)
		before[key], now[key] = w.bearing[key], i < len(args) && w.carries(args[i])
	}
	maps.Copy(w.bearing, now)
	return func() { maps.Copy(w.bearing, before) }
}
