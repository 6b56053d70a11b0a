package shell

import "strings"

// client is a client of a database: statements that it is given as a word, or on its
// input, are run by the server.
func (w *walker) client(k call) {
	if elsewhere(k) {
		w.options(k)
		return
	}
	for i, a := range k.args {
		name, _, inline := strings.Cut(a.Text, "=")
		switch name {
		case "-e", "--execute", "-c", "--command", "-Q", "-q", "--query":
			if !inline && i+1 < len(k.args) {
				w.statements(k.args[i+1])
			} else if inline {
				w.statements(a)
			}
		}
	}
	if k.body != nil {
		start, text := w.document(k.body)
		w.emit(Event{Op: Script, Name: "sql", Text: text, TextAt: start})
	}
	w.options(k)
}

// elsewhere reports whether a client talks to a server of another machine, whose files
// are not this one's.
func elsewhere(k call) bool {
	for i, a := range k.args {
		name, host, inline := strings.Cut(a.Text, "=")
		if !inline && i+1 < len(k.args) {
			host = k.args[i+1].Text
		}
		switch name {
		case "-h", "--host", "-S":
			return host != "localhost" && host != "127.0.0.1" && host != "." && host != "::1" && !strings.HasPrefix(host, "/")
		}
		if strings.HasPrefix(name, "-h") && len(name) > 3 {
			return name != "-hlocalhost" && name != "-h127.0.0.1"
		}
	}
	return false
}

// statements is a word that a server runs.
func (w *walker) statements(v Value) {
	if at := v.use(); at.Source == nil && strings.Contains(v.Text, " ") {
		w.emit(Event{Op: Script, Name: "sql", Text: v.Text, TextAt: at.Offset})
	}
}

// logFolder is a program that writes what it reads to files of a folder: svlogd -tt
// /folder, multilog t /folder.
func (w *walker) logFolder(k call) {
	for _, a := range k.args {
		if strings.HasPrefix(a.Text, "/") || strings.HasPrefix(a.Text, "$") {
			w.paths(Append, call{name: k.name}, []Value{a})
		}
	}
}

// packs reports whether a program prints what it is given, packed.
func packs(name string) bool {
	switch name {
	case "gzip", "pigz", "bzip2", "pbzip2", "xz", "zstd", "lz4", "lzop":
		return true
	}
	return false
}
