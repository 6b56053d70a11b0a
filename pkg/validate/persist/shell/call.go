package shell

import (
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// call is a simple command with its arguments.
type call struct {
	name  string  // the program, without its folder
	dir   string  // its folder
	args  []Value // behind the name
	redir []*syntax.Redirect
	told  bool             // one of its words has a new secret in it
	at    int              // where it stands
	body  *syntax.Redirect // a here-document
	calls int              // how many commands were before it (sudo, nohup)
}

// simple walks a simple command: variables that it sets, what it runs, where its
// output goes.
func (w *walker) simple(s *syntax.Stmt, c *syntax.CallExpr) {
	if len(c.Args) == 0 {
		for _, a := range c.Assigns {
			w.assign(a, false)
		}
		w.redirects(s, &call{redir: s.Redirs})
		return
	}
	for _, a := range c.Assigns { // FOO=bar program
		for _, v := range w.assigned(a) {
			if a.Name != nil {
				w.emit(Event{Op: Env, Name: a.Name.Value, Path: v.Text, At: v.At})
			}
		}
	}
	var all []Value
	for _, word := range c.Args {
		all = append(all, w.fields(word)...)
	}
	w.envOf(all)
	k := unwrap(newCall(all, s.Redirs))
	k.at = int(c.Pos().Offset())
	k.told = (k.name == "sed" || k.name == "crudini") && w.carries(c.Args...)
	w.redirects(s, &k)
	if k.calls == 0 && (w.funcs[k.name] != nil || w.lent[k.name] != nil) {
		defer w.handed(c.Args[1:])()
	}
	w.run(k)
	if !s.Background && len(all) > 0 {
		w.leave(all[0].Text, len(all)-1)
	}
}

// envOf tells the variables that env sets for the command behind it.
func (w *walker) envOf(all []Value) {
	for i, v := range all {
		if path.Base(v.Text) != "env" || i > 4 {
			continue
		}
		for _, a := range all[i+1:] {
			name, value, ok := strings.Cut(a.Text, "=")
			if !ok && !strings.HasPrefix(a.Text, "-") {
				return
			}
			if ok && value != "" {
				w.emit(Event{Op: Env, Name: name, Path: value, At: a.At, Use: a.use()})
			}
		}
		return
	}
}

func newCall(all []Value, redirs []*syntax.Redirect) call {
	k := call{redir: redirs}
	if len(all) > 0 {
		k.name, k.dir, k.args = path.Base(all[0].Text), path.Dir(all[0].Text), all[1:]
		if at := all[0].use(); at.Source == nil {
			k.at = at.Offset
		}
	}
	for _, r := range redirs {
		if r.Hdoc != nil {
			k.body = r
		}
	}
	return k
}

// prefixes are commands that run another one, with the options of theirs that
// take a word of their own.
var prefixes = map[string]string{
	"sudo": "-u -g -h -p -C -r -t", "nohup": "", "exec": "-a", "command": "", "builtin": "", "time": "-f -o",
	"nice": "-n", "ionice": "-c -n -p", "setsid": "", "env": "-u -C -S", "timeout": "-s -k", "gosu": "", "su-exec": "",
	"setuser": "", "chpst": "-u -U -b -e -m", "stdbuf": "-i -o -e", "unbuffer": "", "xargs": "-n -I -P -L -d -a -E -s",
	"systemd-run": "-p -u --unit", "catchsegv": "", "busybox": "", "numactl": "", "taskset": "", "runcon": "", "tini": "", "dumb-init": "",
}

// words that such a command takes before the one it runs
var takesWord = map[string]int{"timeout": 1, "gosu": 1, "su-exec": 1, "setuser": 1, "taskset": 1}

// unwrap takes sudo, nohup and the like away.
func unwrap(k call) call {
	for range 6 {
		options, ok := prefixes[k.name]
		if !ok {
			return k
		}
		rest := k.args
		for len(rest) > 0 && (strings.HasPrefix(rest[0].Text, "-") || (k.name == "env" || k.name == "sudo") && strings.Contains(rest[0].Text, "=")) {
			takes := strings.Contains(" "+options+" ", " "+rest[0].Text+" ")
			rest = rest[1:]
			if takes && len(rest) > 0 {
				rest = rest[1:]
			}
		}
		for range takesWord[k.name] {
			rest = rest[min(1, len(rest)):]
		}
		if len(rest) == 0 {
			return k
		}
		k.name, k.dir, k.args, k.calls = path.Base(rest[0].Text), path.Dir(rest[0].Text), rest[1:], k.calls+1
	}
	return k
}

// run does what a command does.
func (w *walker) run(k call) {
	if body := w.funcs[k.name]; body != nil {
		w.enter(k.name, body, k.args)
		return
	}
	if body := w.lent[k.name]; body != nil {
		w.enterLent(k.name, body, k.args)
		return
	}
	w.dispatch(k)
	w.start(k)
	if do := w.handler(k.name); do != nil {
		do(k)
		return
	}
	if w.keys(k) {
		return
	}
	w.hooks(k)
	w.options(k)
}

// hooks walks the functions that are handed to a command: retry 5 1 connect.
func (w *walker) hooks(k call) {
	if len(w.funcs) == 0 || !takesFunction(k.name) {
		return
	}
	for i, a := range k.args {
		if body := w.funcs[a.Text]; body != nil {
			w.enter(a.Text, body, k.args[i+1:])
			return
		}
	}
}

// takesFunction reports whether the arguments of a command may be functions that it
// calls. Managers of services take words that are often called like them.
func takesFunction(name string) bool {
	switch name {
	case "unset", "type", "log", "echo", "printf", "logger", "systemctl", "service", "initctl", "supervisorctl", "docker", "docker-compose", "pm2",
		"kubectl", "rc-service", "invoke-rc.d", "start", "stop", "status", "grep", "export", "local", "test", "[", "mysql", "redis-cli", "ssh":
		return false
	}
	return true
}

// entered reports whether a function is being walked already, or functions are
// nested too deeply.
func (w *walker) entered(name string) bool {
	for _, a := range w.active {
		if a == name {
			return true
		}
	}
	return len(w.active) >= maxDepth
}

// options tells the paths that options of a command are set to.
func (w *walker) options(k call) {
	if quiet(k.name) {
		return
	}
	words := textOf(k.args)
	for i, a := range k.args {
		name, value, ok := strings.Cut(a.Text, "=")
		if ok && !strings.HasPrefix(name, "-") && (i > 0 && strings.HasPrefix(value, "/var/log/") || strings.HasPrefix(name, "cfg:")) {
			w.emit(Event{Op: Option, Name: "--" + a.Text, Command: k.name, At: a.At, Use: a.use(), Base: a.Base, Given: a.Base}) // audit file_path=/x, grafana cfg:paths.data=/x
		}
		if !strings.HasPrefix(a.Text, "-") || len(a.Text) < 2 {
			continue
		}
		e := Event{Op: Option, Name: a.Text, Command: k.name, Text: words, At: a.At, Use: a.use(), Base: a.Base, Told: a.part, Given: a.Base}
		if i+1 < len(k.args) {
			next := k.args[i+1]
			if e.Path = next.Text; !strings.Contains(a.Text, "=") {
				e.Given = next.variable()
			}
		}
		w.emit(e)
	}
}

// quiet reports whether a program is a tool whose options name no place of its own.
func quiet(name string) bool {
	switch name {
	case "echo", "printf", "log", "logger", "grep", "awk", "find", "rm", "chown", "chmod", "ls", "cat", "test", "[", "curl", "wget", "tail",
		"head", "ssh", "useradd", "adduser", "usermod", "df", "du", "stat", "diff", "sort", "openssl", "logrotate", "lsof", "fuser":
		return true
	}
	return false
}
