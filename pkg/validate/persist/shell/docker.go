package shell

import (
	"slices"
	"strings"
)

// docker tells of the folders that a container sees: docker run, docker create,
// docker service create with -v and --mount.
func (w *walker) docker(k call) {
	w.image(k)
	w.swarm(k)
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

// swarm tells of commands that only machines of a swarm obey.
func (w *walker) swarm(k call) {
	if len(k.args) == 0 {
		return
	}
	switch k.args[0].Text {
	case "swarm", "service", "stack":
		w.emit(Event{Op: Swarm, Command: k.name, At: k.args[0].At, Use: k.args[0].use()})
	}
}

// volume is HOST:CONTAINER[:options].
func (w *walker) volume(k call, v Value) {
	host, rest, ok := strings.Cut(v.Text, ":")
	inside, mode, _ := strings.Cut(rest, ":")
	if ok && inside != "" {
		w.container(k, v, host, inside, slices.Contains(strings.Split(mode, ","), "ro"))
	}
}

// mountOption is type=bind,source=HOST,target=CONTAINER.
func (w *walker) mountOption(k call, v Value) {
	var host, inside string
	readOnly := false
	for _, part := range strings.Split(v.Text, ",") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "source", "src":
			host = value
		case "target", "destination", "dst":
			inside = value
		case "readonly", "ro":
			readOnly = value != "false"
		}
	}
	if host != "" && inside != "" {
		w.container(k, v, host, inside, readOnly)
	}
}

func (w *walker) container(k call, v Value, host, inside string, readOnly bool) {
	e := Event{Op: Container, Path: host, Inside: inside, Command: k.name, Text: textOf(k.args), At: v.At, Use: v.use(), Base: v.Base}
	if readOnly {
		e.Name = "ro"
	}
	w.emit(e)
}

// flags are options of docker run that no value follows.
const flags = " -d -t -i -it -itd -dit -ti -tid -P --detach --tty --interactive --privileged --init --read-only --no-healthcheck --oom-kill-disable --publish-all "

// image tells of the image that a container is made of. One that is removed when it ends
// keeps nothing.
func (w *walker) image(k call) {
	if len(k.args) < 2 || k.args[0].Text != "run" && k.args[0].Text != "create" {
		return
	}
	var mounted []string
	var anonymous []Event
	for i := 1; i < len(k.args); i++ {
		option, value, inline := strings.Cut(k.args[i].Text, "=")
		if !strings.HasPrefix(option, "-") {
			var words []string
			for _, a := range k.args[i+1:] {
				words = append(words, a.Text)
			}
			image := k.args[i]
			e := Event{Op: Image, Path: image.Text, Inside: strings.Join(mounted, " "), Text: strings.Join(words, " "), Command: k.name, At: image.At, Use: image.use()}
			if len(w.events)+len(anonymous) < maxEvents && w.abroad == 0 {
				w.events = append(append(w.events, e), anonymous...)
			}
			return
		}
		if option == "--rm" || option == "--volumes-from" {
			return
		}
		if !inline && !strings.Contains(flags, " "+option+" ") && i+1 < len(k.args) {
			i++
			value = k.args[i].Text
		}
		if folder := insideOf(option, value); folder != "" {
			mounted = append(mounted, folder)
			if isAnonymous(option, value) {
				anonymous = append(anonymous, Event{Op: Container, Inside: folder, Command: k.name, At: k.args[i].At, Use: k.args[i].use()})
			}
		}
	}
}

// insideOf is where a container sees what an option mounts; "" of any other option.
func insideOf(option, value string) string {
	switch option {
	case "-v", "--volume":
		host, inside, ok := strings.Cut(value, ":")
		if !ok {
			return host
		}
		inside, _, _ = strings.Cut(inside, ":")
		return inside
	case "--mount":
		for _, part := range strings.Split(value, ",") {
			if name, at, _ := strings.Cut(part, "="); name == "target" || name == "destination" || name == "dst" {
				return at
			}
		}
	case "--tmpfs":
		at, _, _ := strings.Cut(value, ":")
		return at
	}
	return ""
}

// isAnonymous reports whether what an option mounts is a volume without a name.
func isAnonymous(option, value string) bool {
	switch option {
	case "-v", "--volume":
		return strings.HasPrefix(value, "/") && !strings.Contains(value, ":")
	case "--mount":
		return !strings.Contains(value, "type=tmpfs") && !strings.Contains(value, "source=") && !strings.Contains(value, "src=")
	}
	return false
}
