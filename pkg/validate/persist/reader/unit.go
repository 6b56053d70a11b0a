package reader

import "strings"

// readUnit reads a systemd unit: Environment as the variables it sets,
// everything else by section and name.
func readUnit(text string) []Setting {
	var out []Setting
	for _, l := range UnitLines(text) {
		switch {
		case l.Key == "Environment":
			for _, w := range words(l.Value) {
				name, value, ok := strings.Cut(w.Path, "=")
				if ok {
					out = append(out, settings("env."+name, value, l.Offset+w.Offset+len(name)+1)...)
				}
			}
		case strings.HasPrefix(l.Key, "Exec"): // a command line: not read here
		case ownsFolder(l.Key) != "":
			for _, w := range words(l.Value) {
				out = append(out, Setting{Key: join(l.Section, l.Key), Value: ownsFolder(l.Key) + "/" + w.Path, Offset: l.Offset + w.Offset})
			}
		default:
			out = append(out, settings(join(l.Section, l.Key), l.Value, l.Offset)...)
		}
	}
	return out
}

// ownsFolder is where systemd makes a service's folder (systemd.exec(5)).
func ownsFolder(key string) string {
	switch key {
	case "StateDirectory":
		return "/var/lib"
	case "LogsDirectory":
		return "/var/log"
	}
	return ""
}

// UnitLine is one assignment of a unit.
type UnitLine struct {
	Section, Key, Value string
	Offset              int // of the value in the text
}

// UnitLines are the assignments of a unit. A line that goes on behind a
// backslash keeps it, so that offsets count.
func UnitLines(text string) []UnitLine {
	var out []UnitLine
	offset, section := 0, ""
	for offset < len(text) && len(out) < maxSettings {
		line := text[offset:]
		end := lineEnd(line)
		body := strings.TrimSpace(line[:end])
		switch {
		case body == "" || body[0] == '#' || body[0] == ';':
		case body[0] == '[':
			section = strings.Trim(body, "[]")
		default:
			if key, value, ok := strings.Cut(line[:end], "="); ok {
				trimmed := strings.TrimSpace(value)
				at := offset + len(key) + 1 + strings.Index(value, trimmed)
				out = append(out, UnitLine{section, strings.TrimSpace(key), trimmed, at})
			}
		}
		offset += end + 1
	}
	return out
}

// lineEnd is where the first line of text ends that does not end in a backslash.
func lineEnd(text string) int {
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' && (i == 0 || text[i-1] != '\\') {
			return i
		}
	}
	return len(text)
}
