package shell

import "strings"

// docker tells of the folders that a container sees: docker run, docker create,
// docker service create with -v and --mount.
func (w *walker) docker(k call) {
	for i, a := range k.args {
		name, value, inline := strings.Cut(a.Text, "=")
		v := Value{Text: value, At: a.At}
		if !inline && i+1 < len(k.args) {
			v = k.args[i+1]
		}
		switch name {
		case "-v", "--volume":
			w.volume(k, v)
		case "--mount":
			if inline {
				v.Text = value
			}
			w.mountOption(k, v)
		}
	}
}

// volume is HOST:CONTAINER[:options].
func (w *walker) volume(k call, v Value) {
	host, rest, ok := strings.Cut(v.Text, ":")
	inside, _, _ := strings.Cut(rest, ":")
	if ok && inside != "" {
		w.container(k, v, host, inside)
	}
}

// mountOption is type=bind,source=HOST,target=CONTAINER.
func (w *walker) mountOption(k call, v Value) {
	var host, inside string
	for _, part := range strings.Split(v.Text, ",") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "source", "src":
			host = value
		case "target", "destination", "dst":
			inside = value
		}
	}
	if host != "" && inside != "" {
		w.container(k, v, host, inside)
	}
}

func (w *walker) container(k call, v Value, host, inside string) {
	w.emit(Event{Op: Container, Path: host, Inside: inside, Command: k.name, At: v.At, Use: v.use(), Base: v.Base})
}
