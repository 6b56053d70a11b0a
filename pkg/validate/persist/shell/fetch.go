package shell

import "strings"

// download tells where wget, curl and git clone put what they fetch.
func (w *walker) download(k call) {
	for i, a := range k.args {
		next := i+1 < len(k.args)
		switch {
		case k.name == "git":
		case !next:
		case k.name == "wget" && (a.Text == "-O" || a.Text == "-P" || strings.HasSuffix(a.Text, "O") && strings.HasPrefix(a.Text, "-")),
			k.name == "curl" && (a.Text == "-o" || a.Text == "--output"):
			w.fetched(k, k.args[i+1])
		}
	}
	if k.name == "git" && named(k, "init") && named(k, "--bare") {
		w.repository(k)
		return
	}
	if k.name == "git" && len(k.args) > 2 && k.args[0].Text == "clone" {
		w.fetched(k, k.args[len(k.args)-1])
	}
}

func (w *walker) fetched(k call, to Value) {
	if strings.Contains(to.Text, "/") && to.Text != "/dev/null" && !strings.Contains(to.Text, "://") {
		w.emit(Event{Op: Copy, Path: to.Text, Command: k.name, At: to.At, Use: to.use(), Base: to.Base})
	}
}

// snapshot is etcdctl snapshot save FILE, and the same of consul, nomad and vault;
// their options are told as those of others.
func (w *walker) snapshot(k call) {
	for i, a := range k.args {
		if a.Text == "save" && i+1 < len(k.args) {
			file := k.args[len(k.args)-1]
			w.emit(Event{Op: Write, Path: file.Text, Command: k.name, Dump: true, At: file.At, Use: file.use(), Base: file.Base})
		}
	}
	w.options(k)
}

// backup is influxd backup … FOLDER.
func (w *walker) backup(k call) {
	if to := last(k); named(k, "backup") && strings.Contains(to.Text, "/") {
		w.emit(Event{Op: Write, Path: to.Text, Command: k.name, Dump: true, At: to.At, Use: to.use(), Base: to.Base})
		return
	}
	w.options(k)
}

// export is kc.sh export --dir FOLDER, or --file FILE: all that Keycloak's database has.
func (w *walker) export(k call) {
	if !named(k, "export") {
		w.options(k)
		return
	}
	for i, a := range k.args {
		name, file, joined := strings.Cut(a.Text, "=")
		if name != "--dir" && name != "--file" {
			continue
		}
		to := a
		if joined {
			to.Text = file
		} else if i+1 < len(k.args) {
			to = k.args[i+1]
		}
		w.emit(Event{Op: Write, Path: to.Text, Command: k.name, Dump: true, At: to.At, Use: to.use(), Base: to.Base})
	}
}

// repository is git init --bare FOLDER, and svnadmin create FOLDER.
func (w *walker) repository(k call) {
	if k.name == "git" || named(k, "create") {
		w.made(k, last(k), "a repository")
	}
}

// sqlite opens the file of a database, which is there afterwards.
func (w *walker) sqlite(k call) {
	_, operands := split(k.args, "-cmd -init -separator -nullvalue")
	w.paths(Touch, k, operands[:min(1, len(operands))])
	for _, v := range operands[min(1, len(operands)):] {
		w.statements(v)
	}
}

// fuse is a mount of something that is neither a disk nor a folder of the node.
func (w *walker) fuse(k call) {
	w.clientLog(k)
	_, operands := split(k.args, "-o -f -c -H -s -p")
	if n := len(operands); n > 1 {
		at := operands[n-1]
		w.emit(Event{Op: Bind, Path: at.Text, From: k.name + "://", At: at.At, Use: at.use(), Base: at.Base, Command: k.name})
	}
}

// clientLog tells of the log that a file system's client is told to write, among the
// options behind -o: log-file=/var/log/x.log.
func (w *walker) clientLog(k call) {
	options, _ := split(k.args, "-t -o -L -U")
	given := options["-o"]
	for _, one := range strings.Split(given.Text, ",") {
		name, file, _ := strings.Cut(one, "=")
		if strings.Contains(name, "log") && strings.HasPrefix(file, "/") {
			w.emit(Event{Op: Option, Name: "--" + name, Path: file, Command: k.name, At: given.At, Use: given.use(), Base: given.Base})
		}
	}
}

// bricks are the folders of nodes that a volume of Gluster's is made of: HOST:/FOLDER.
func (w *walker) bricks(k call) {
	if !named(k, "create", "add-brick", "replace-brick", "reset-brick") {
		return
	}
	for _, a := range k.args {
		if _, folder, ok := strings.Cut(a.Text, ":/"); ok && !strings.HasPrefix(folder, "/") {
			w.emit(Event{Op: Option, Name: "--brick", Path: "/" + folder, Command: k.name, At: a.At, Use: a.use(), Base: a.Base})
		}
	}
}

// drives are the folders behind minio server, and minio gateway nas: of addresses
// what is behind the host.
func (w *walker) drives(k call) {
	_, operands := split(k.args, "--address --console-address --certs-dir -S --config-dir -C --ftp --sftp --shutdown-timeout")
	serves := false
	for _, a := range operands {
		text := a.Text
		if _, rest, ok := strings.Cut(text, "://"); ok {
			_, folder, _ := strings.Cut(rest, "/")
			text = "/" + folder
		}
		if serves && strings.HasPrefix(text, "/") && len(text) > 1 {
			w.emit(Event{Op: Option, Name: "--volume", Path: text, Command: k.name, At: a.At, Use: a.use(), Base: a.Base})
		}
		serves = serves || a.Text == "server" || a.Text == "nas"
	}
	w.options(k)
}
