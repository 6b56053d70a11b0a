package shell

import (
	"path"
	"strings"
)

// handler does what a command does that is known for what it does with paths;
// nil for any other.
func (w *walker) handler(name string) func(call) {
	switch name {
	case "mkdir":
		return w.mkdir
	case "install":
		return w.install
	case "touch":
		return w.touch
	case "tee":
		return w.tee
	case "cp", "mv", "rsync", "scp":
		return w.copy
	case "tar":
		return w.tar
	case "unzip":
		return w.unzip
	case "zip", "7z", "7za":
		return w.zip
	case "ln":
		return w.link
	case "mount":
		return w.mount
	case "docker", "podman", "nerdctl":
		return w.docker
	case "sed", "perl":
		return w.sed
	case "eval":
		return w.eval
	case "shift":
		return w.shift
	case ".", "source":
		return w.source
	case "cd", "pushd":
		return w.changeDir
	case "crontab":
		return w.crontab
	case "wget", "curl", "git":
		return w.download
	case "etcdctl", "consul", "nomad", "vault":
		return w.snapshot
	case "influxd", "influx":
		return w.backup
	case "kc.sh":
		return w.export
	case "mysql", "mariadb", "psql", "sqlcmd", "clickhouse-client", "sqlplus", "gsql":
		return w.client
	case "svlogd", "multilog", "s6-log":
		return w.logFolder
	case "gluster":
		return w.bricks
	case "minio":
		return w.drives
	case "svnadmin":
		return w.repository
	case "sqlite3", "sqlite":
		return w.sqlite
	case "s3fs", "sshfs", "juicefs", "ceph-fuse", "glusterfs", "mfsmount", "goofys", "ossfs":
		return w.fuse
	case "start-stop-daemon":
		return w.daemon
	case "rotatelogs", "cronolog", "script":
		return w.pipe
	case "flock":
		return w.flock
	}
	if interpreters[name] {
		return w.interpreter
	}
	if strings.HasPrefix(name, "mount.") {
		return w.mount
	}
	return nil
}

// interpreters run a text that they are given with -c, or on their input.
var interpreters = map[string]bool{
	"sh": true, "bash": true, "ash": true, "dash": true, "su": true, "runuser": true,
	"python": true, "python2": true, "python3": true,
}

// split parts options from operands. with are the options that take the next
// word.
func split(args []Value, with string) (options map[string]Value, operands []Value) {
	options = map[string]Value{}
	for i := 0; i < len(args); i++ {
		a := args[i].Text
		switch {
		case a == "--":
			return options, append(operands, args[i+1:]...)
		case len(a) < 2 || a[0] != '-':
			operands = append(operands, args[i])
		default:
			options[a] = Value{}
			if strings.Contains(" "+with+" ", " "+a+" ") && i+1 < len(args) {
				i++
				options[a] = args[i]
			}
		}
	}
	return options, operands
}

// short reports whether a short option is there, alone or with others.
func short(options map[string]Value, letter string) bool {
	for o := range options {
		if len(o) > 1 && o[1] != '-' && strings.Contains(o, letter) {
			return true
		}
	}
	return false
}

func (w *walker) paths(op Op, k call, all []Value) {
	for _, v := range all {
		w.emit(Event{Op: op, Path: v.Text, Command: k.name, At: v.At, Use: v.use(), Base: v.Base})
	}
}

func (w *walker) mkdir(k call) {
	_, dirs := split(k.args, "-m --mode -Z")
	w.paths(Mkdir, k, dirs)
}

func (w *walker) touch(k call) {
	_, files := split(k.args, "-d -t -r --date --reference")
	w.paths(Touch, k, files)
}

func (w *walker) install(k call) {
	options, operands := split(k.args, "-m -o -g -t --mode --owner --group -S")
	if short(options, "d") || has(options, "--directory") {
		w.paths(Mkdir, k, operands)
		return
	}
	w.to(k, options, operands)
}

func has(options map[string]Value, name string) bool {
	_, ok := options[name]
	return ok
}

func (w *walker) copy(k call) {
	options, operands := split(k.args, "-t -S -e --exclude --include -f --exclude-from --files-from -P -i -o -l --log-file --rsh --rsync-path")
	w.to(k, options, operands)
}

// to is a copy to the last operand, or to what -t names.
func (w *walker) to(k call, options map[string]Value, operands []Value) {
	if dir, ok := options["-t"]; ok {
		operands = append(operands, dir)
	}
	if len(operands) < 2 {
		return
	}
	dest := operands[len(operands)-1]
	if w.product(k, operands[:len(operands)-1]) {
		w.made(k, dest, "what was made before")
		return
	}
	w.emit(Event{Op: Copy, Path: dest.Text, From: operands[0].Text, Command: k.name, At: dest.At, Use: dest.use(), Base: dest.Base})
}

func (w *walker) tar(k call) {
	if file := archive(k.args); file != nil {
		w.emit(Event{Op: Write, Path: file.Text, From: w.here(archived(k.args)), Command: k.name, At: file.At, Use: file.use(), Base: file.Base})
		return
	}
	for i, a := range k.args {
		if (a.Text == "-C" || a.Text == "--directory") && i+1 < len(k.args) {
			dest := k.args[i+1]
			w.emit(Event{Op: Copy, Path: dest.Text, Command: k.name, At: dest.At, Use: dest.use(), Base: dest.Base})
		}
	}
}

// unzip is unzip FILE -d FOLDER.
func (w *walker) unzip(k call) {
	options, operands := split(k.args, "-d -x -P")
	if dest := options["-d"]; dest.Text != "" && len(operands) > 0 {
		w.emit(Event{Op: Copy, Path: dest.Text, From: operands[0].Text, Command: k.name, At: dest.At, Use: dest.use(), Base: dest.Base})
	}
}

// archive is the file that tar makes; nil where it makes none.
func archive(args []Value) *Value {
	for i, a := range args {
		if name, file, ok := strings.Cut(a.Text, "="); ok && name == "--file" && (named(call{args: args}, "--create") || named(call{args: args}, "-c")) {
			v := a
			v.Text = file
			return &v
		}
		letters := strings.TrimPrefix(a.Text, "-")
		if (i == 0 || a.Text != letters) && strings.Contains(letters, "c") && strings.HasSuffix(letters, "f") && len(letters) < 8 && i+1 < len(args) {
			return &args[i+1]
		}
	}
	return nil
}

// archived is what tar puts into an archive: the last word, below the folder of -C.
func archived(args []Value) string {
	from, dir := "", ""
	for i, a := range args {
		if last := a.Text; i == len(args)-1 {
			from = last
		}
		if (a.Text == "-C" || a.Text == "--directory") && i+1 < len(args) {
			dir = args[i+1].Text
		}
	}
	if dir == "" || strings.HasPrefix(from, "/") || strings.HasPrefix(from, "$") {
		return from
	}
	return dir + "/" + strings.TrimPrefix(from, "./")
}

// here is a path as the folder has it that the script has changed to.
func (w *walker) here(p string) string {
	if w.dir == "" || strings.HasPrefix(p, "/") || strings.HasPrefix(p, "$") {
		return p
	}
	return path.Join(w.dir, p)
}

// zip is zip -r archive folders…, 7z a archive folders….
func (w *walker) zip(k call) {
	_, operands := split(k.args, "-x -i -b -t -n -P")
	if k.name != "zip" && len(operands) > 0 {
		operands = operands[1:]
	}
	if len(operands) > 1 {
		file := operands[0]
		w.emit(Event{Op: Write, Path: file.Text, From: w.here(operands[len(operands)-1].Text), Command: "tar", At: file.At, Use: file.use(), Base: file.Base})
	}
}

func (w *walker) link(k call) {
	options, operands := split(k.args, "-t -S --target-directory")
	if !short(options, "s") && !has(options, "--symbolic") || len(operands) == 0 {
		return
	}
	dir, into := options["-t"]
	for o := range options {
		if folder, ok := strings.CutPrefix(o, "--target-directory="); ok {
			dir, into = Value{Text: folder}, true
		}
	}
	if into {
		operands = append(operands, dir)
	}
	if len(operands) < 2 {
		return
	}
	at := operands[len(operands)-1]
	for _, target := range operands[:len(operands)-1] {
		w.emit(Event{Op: Link, Path: at.Text, From: target.Text, At: at.At, Use: at.use(), Base: at.Base, Command: k.name})
	}
}

func (w *walker) mount(k call) {
	w.clientLog(k)
	_, operands := split(k.args, "-t -o -L -U --types --options")
	if len(operands) < 2 {
		return
	}
	at := operands[len(operands)-1]
	w.emit(Event{Op: Bind, Path: at.Text, From: operands[len(operands)-2].Text, At: at.At, Use: at.use(), Base: at.Base, Command: k.name})
}

func (w *walker) tee(k call) {
	options, files := split(k.args, "")
	op := Write
	if short(options, "a") || has(options, "--append") {
		op = Append
	}
	for _, v := range files {
		if k.body != nil {
			w.hereDocument(k.body, v, op == Write)
		}
		if w.secret || k.given(w) {
			w.made(k, v, "a secret")
			continue
		}
		if k.body != nil {
			continue
		}
		w.fed(v, op == Write)
		w.paths(op, k, []Value{v})
	}
}

// pipe is a program that writes what it reads to a file: rotatelogs, cronolog.
func (w *walker) pipe(k call) {
	_, operands := split(k.args, "-L -p -n -S -c --command")
	w.paths(Append, k, operands[:min(1, len(operands))])
}

// eval runs its words.
func (w *walker) eval(k call) {
	if len(k.args) == 1 {
		w.script("sh", k.args[0])
		return
	}
	if len(k.args) > 1 {
		w.run(unwrap(newCall(k.args, nil)))
	}
}

// interpreter runs the text behind -c, or a here-document.
func (w *walker) interpreter(k call) {
	name := k.name
	if name == "su" || name == "runuser" {
		if name == "runuser" && len(k.args) > 2 && k.args[0].Text == "-u" {
			rest := k.args[2:]
			if rest[0].Text == "--" {
				rest = rest[1:]
			}
			w.run(unwrap(newCall(rest, k.redir)))
			return
		}
		name = "sh"
	}
	for i, a := range k.args {
		if k.name != "su" && k.name != "runuser" && !strings.HasPrefix(a.Text, "-") {
			break // a script, with options of its own
		}
		if strings.HasPrefix(a.Text, "-") && !strings.HasPrefix(a.Text, "--") && strings.HasSuffix(a.Text, "c") && i+1 < len(k.args) {
			w.script(name, k.args[i+1])
			if all := w.vars["@"]; len(all) > 0 && passesOn(k.args[i+1].Text) {
				w.run(unwrap(newCall(all, nil)))
			}
			return
		}
	}
	if k.body != nil {
		start, text := w.document(k.body)
		w.emit(Event{Op: Script, Name: name, Text: text, TextAt: start})
		return
	}
	if _, operands := split(k.args, ""); len(operands) > 0 {
		w.start(newCall(operands, nil))
	}
	w.options(k) // of the program that it runs
}

// passesOn reports whether the last command of a text is what a function was given:
// su - db -c ". env.sh; $*".
func passesOn(text string) bool {
	text = strings.TrimRight(text, "\"' \t")
	before, ok := strings.CutSuffix(text, "$*")
	if !ok {
		before, ok = strings.CutSuffix(text, "$@")
	}
	before = strings.TrimRight(before, "\"' \t")
	return ok && (before == "" || strings.ContainsRune(";&|\n", rune(before[len(before)-1])) || strings.HasSuffix(before, "exec"))
}

// script walks a text that is run. Places in it count from where it stands,
// behind the quote.
func (w *walker) script(name string, v Value) {
	if v.At.Source != nil || strings.TrimSpace(v.Text) == "" || strings.HasPrefix(v.Text, "$") {
		return
	}
	at := v.At.Offset
	if at < len(w.text) && (w.text[at] == '"' || w.text[at] == '\'') {
		at++
	}
	w.emit(Event{Op: Script, Name: name, Text: v.Text, TextAt: at})
}

// daemon is start-stop-daemon … --exec program -- its arguments.
func (w *walker) daemon(k call) {
	for i, a := range k.args {
		if (a.Text == "--exec" || a.Text == "-x" || a.Text == "--startas" || a.Text == "-a") && i+1 < len(k.args) {
			program := []Value{k.args[i+1]}
			for j, b := range k.args {
				if b.Text == "--" {
					program = append(program, k.args[j+1:]...)
				}
			}
			w.run(unwrap(newCall(program, nil)))
			return
		}
	}
}

// flock runs what is behind the file that it locks.
func (w *walker) flock(k call) {
	_, operands := split(k.args, "-w -E --timeout")
	if len(operands) > 1 {
		w.run(unwrap(newCall(operands[1:], nil)))
	}
}
