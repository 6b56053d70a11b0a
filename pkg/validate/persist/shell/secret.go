package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// secretWords are the words by which a program is told to print a new secret; ok is
// false where the program prints none, words is "" where it prints nothing else.
func secretWords(program string) (words string, ok bool) {
	switch program {
	case "pwgen", "uuidgen", "makepasswd", "mkpasswd", "apg", "age-keygen", "elasticsearch-reset-password", "elasticsearch-create-enrollment-token", "elasticsearch-setup-passwords":
		return "", true
	case "openssl":
		return "rand genrsa genpkey ecparam", true
	case "wg":
		return "genkey genpsk", true
	case "vault", "boundary", "bao":
		return "init", true
	case "consul", "nomad":
		return "keygen bootstrap", true
	case "influx":
		return "setup", true
	case "nats":
		return "nkey", true
	case "nk":
		return "-gen", true
	}
	return "", false
}

// newSecret reports whether a command prints a secret that was not there before.
func newSecret(k call) bool {
	k = inner(k)
	if words, ok := secretWords(k.name); ok {
		return words == "" || named(k, strings.Fields(words)...)
	}
	return named(k, "/dev/urandom", "/dev/random") && k.name != "dd"
}

// dumps reports whether a command prints a copy of a database, or of a part of one.
func dumps(k call) bool {
	k = inner(k)
	switch k.name {
	case "mysqldump", "mariadb-dump", "pg_dump", "pg_dumpall", "mongodump", "xtrabackup", "innobackupex", "mariabackup", "slapcat":
		return true
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
		out = append(out, Value{Text: word.Lit()})
	}
	return out
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
		if r.Op == syntax.RdrIn && strings.HasSuffix(r.Word.Lit(), "random") || r.Op == syntax.WordHdoc && w.carries(r.Word) {
			return true
		}
	}
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		k := unwrap(newCall(literals(c.Args), nil))
		return newSecret(k) || (k.name == "echo" || k.name == "printf") && w.carries(c.Args...)
	case *syntax.BinaryCmd:
		return w.bears(c.X) || w.bears(c.Y)
	case *syntax.Subshell:
		return w.anyBears(c.Stmts)
	case *syntax.Block:
		return w.anyBears(c.Stmts)
	}
	return false
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
				found = found || n.Param != nil && w.bearing[n.Param.Value] && !n.Length
			case *syntax.CmdSubst:
				found = found || w.anyBears(n.Stmts)
				return false
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
