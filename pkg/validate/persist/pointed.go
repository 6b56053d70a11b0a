package persist

import (
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/doc"
)

// pointed replaces the variable that a path of a setting begins with by the folder that
// its program is told: loggers of Java learn their variables from the command line
// (-Dapplication.home=/x), or from variables of the environment that the server's own
// script passes on (LOG_DIR=/x). The path stays as it is where nothing tells.
func (j *project) pointed(r *doc.Role, p string) string {
	m := ownVariable.FindStringSubmatch(p)
	switch {
	case m == nil:
		return p
	case m[1] == "java.io.tmpdir":
		return "/tmp/" + p[len(m[0]):]
	}
	id := r.Name + "\x00" + m[1]
	folder, ok := j.folders[id]
	if !ok {
		folder = j.folderGiven(r, m[1])
		j.folders[id] = folder
	}
	if folder == "" {
		return p
	}
	return strings.TrimSuffix(folder, "/") + "/" + p[len(m[0]):]
}

// folderGiven is the folder that some text of a role gives to a variable.
func (j *project) folderGiven(r *doc.Role, name string) string {
	for _, key := range append([]string{"-D" + name}, j.table.Variables(name)...) {
		for _, d := range j.docs {
			if !d.Of(r) {
				continue
			}
			for _, sign := range []string{"=", ": "} {
				if folder := folderAfter(d.Text, key+sign); folder != "" {
					return folder
				}
			}
			if m := passed(d.Text, key); m != "" {
				return j.saidHome(r, m)
			}
		}
	}
	return ""
}

// passed is the variable of the environment that a text gives as it is to key:
// -Dserver.log.dir=${LOG_DIR}.
func passed(text, key string) string {
	_, value, ok := strings.Cut(text, key+"=$")
	if !ok || !strings.HasPrefix(key, "-D") {
		return ""
	}
	value = strings.TrimPrefix(value, "{")
	end := 0
	for end < len(value) && doc.IsNameByte(value[end]) && value[end] != '.' {
		end++
	}
	return value[:end]
}

// folderAfter is the folder that a text gives after key, a word of its own.
func folderAfter(text, key string) string {
	for rest := text; ; {
		i := strings.Index(rest, key)
		if i < 0 {
			return ""
		}
		alone := i == 0 || !doc.IsNameByte(rest[i-1])
		rest = rest[i+len(key):]
		value := strings.TrimLeft(rest, `"'`)
		if end := strings.IndexAny(value, " \t\r\n\"'`;\\,)"); end >= 0 {
			value = value[:end]
		}
		if alone && strings.HasPrefix(value, "/") && !strings.Contains(value, "$") {
			return value
		}
	}
}
