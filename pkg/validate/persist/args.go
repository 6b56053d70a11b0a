package persist

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// calls finds where scripts lie that commands call by their whole path, and the
// arguments that each role's commands call them with. Those count where all of a
// role's commands agree and nothing else calls the script.
func (j *project) calls() {
	scripts := map[string]*doc{}
	for _, d := range j.docs {
		if d.format != reader.Shell || d.command || d.build {
			continue
		}
		base := path.Base(d.node)
		if _, twice := scripts[base]; twice {
			scripts[base] = nil
			continue
		}
		scripts[base] = d
		if strings.HasPrefix(d.node, "/") {
			d.self = d.node
		}
	}
	for _, c := range j.docs {
		if !c.command {
			continue
		}
		for _, call := range callsIn(c.text) {
			d := scripts[path.Base(call[0])]
			if d == nil {
				continue
			}
			if c.role == nil {
				j.alsoCalled(d, call[1:])
				continue
			}
			if d.self == "" && strings.HasPrefix(call[0], "/") {
				d.self = call[0]
			}
			if m := changed.FindStringSubmatch(c.text); d.self == "" && m != nil && strings.HasPrefix(call[0], "./") {
				d.self = path.Join(m[1], call[0])
			}
			j.called(d, c.role, call[1:])
		}
	}
	j.siblings()
	for base, d := range scripts {
		if d != nil && j.args[d.file] != nil && j.mentioned(base, d) {
			delete(j.args, d.file)
		}
	}
	j.handedOn(scripts)
}

// handedOn gives the files that scripts read with `.` the arguments that these hand on,
// or else have themselves. They count where nothing runs such a file.
func (j *project) handedOn(scripts map[string]*doc) {
	for _, base := range sortedKeys(scripts) {
		lib, read := scripts[base], 0
		if lib == nil || j.args[lib.file] != nil {
			continue
		}
		var all []handing
		for _, d := range j.docs {
			if d == lib || d.command || d.format != reader.Shell {
				continue
			}
			for _, words := range readWith(d.text, base) {
				all, read = append(all, handing{d, words}), read+1
			}
		}
		if read > 0 && !slices.ContainsFunc(j.docs, func(d *doc) bool { return d != lib && timesNamed(d.text, base, lib.self) > len(readWith(d.text, base)) }) {
			for _, h := range all {
				for _, r := range j.roles {
					if own, ok := j.args[h.by.file][r]; ok || h.by.owners != nil && h.by.of(r) {
						j.called(lib, r, h.args(own))
					}
				}
			}
		}
	}
}

// handing is a script that reads another one, with the words behind its name.
type handing struct {
	by    *doc
	words []string
}

// args are the arguments that the file sees which is read; "" is one that is not known.
func (h handing) args(own []string) []string {
	if len(h.words) == 0 {
		return own
	}
	var out []string
	for _, w := range h.words {
		w = h.by.argument(strings.Trim(w, `"'`))
		at := len(w) == 2 && w[0] == '$' && w[1] >= '1' && w[1] <= '9'
		switch {
		case w == "$@" || w == "$*":
			out = append(out, own...)
		case at && int(w[1]-'1') < len(own):
			out = append(out, own[w[1]-'1'])
		case plainWord.MatchString(w):
			out = append(out, w)
		default:
			out = append(out, "")
		}
	}
	return out
}

// changed matches the folder that a command changes to before it calls a script.
var changed = lazyregexp.New(`\bcd[ \t]+(/[\w./\-]+)[ \t]*(?:&&|;)`)

// siblings places scripts that lie beside one whose place is known.
func (j *project) siblings() {
	place := map[string]string{}
	for _, d := range j.docs {
		if d.self != "" {
			place[path.Dir(d.file)] = path.Dir(d.self)
		}
	}
	for _, d := range j.docs {
		if dir := place[path.Dir(d.file)]; dir != "" && d.self == "" && d.format == reader.Shell && d.pair == nil && !d.command {
			d.self = path.Join(dir, path.Base(d.node))
		}
	}
}

// called notes the arguments of one call; "" is one that is not always the same.
func (j *project) called(d *doc, r *role, args []string) {
	if j.args[d.file] == nil {
		j.args[d.file] = map[*role][]string{}
	}
	before, ok := j.args[d.file][r]
	if !ok {
		j.args[d.file][r] = args
		return
	}
	same := append(slices.Clone(before), args[min(len(args), len(before)):]...)
	for i := range min(len(before), len(args)) {
		if before[i] != args[i] {
			same[i] = ""
		}
	}
	j.args[d.file][r] = same
}

// alsoCalled notes the arguments of a command of a resource's, which runs a script of those
// roles whose own commands call it.
func (j *project) alsoCalled(d *doc, args []string) {
	for r := range j.args[d.file] {
		j.called(d, r, args)
	}
}

// mentioned reports whether something beside the roles' commands names a script, other
// than to pass on what it was told itself.
func (j *project) mentioned(base string, script *doc) bool {
	return slices.ContainsFunc(j.docs, func(d *doc) bool {
		copies := d.build && d.format == reader.YAML && !strings.Contains(d.text, "cron") // a playbook puts it there
		return d != script && !d.command && !copies && timesNamed(d.text, base, script.self) > len(passedOn(d.text, base))
	})
}

// argument is the argument that a variable of a script holds: COMPONENT="$1"; else w.
func (d *doc) argument(w string) string {
	name := strings.Trim(w, "${}")
	if !strings.HasPrefix(w, "$") || name == "" || name[0] >= '0' && name[0] <= '9' {
		return w
	}
	for _, m := range holdsArgument.FindAllStringSubmatch(d.text, 20) {
		if m[1] == name {
			return "$" + m[2]
		}
	}
	return w
}

// holdsArgument matches a line that keeps an argument in a variable.
var holdsArgument = lazyregexp.New(`(?m)^[ \t]*(?:local[ \t]+|readonly[ \t]+)?([A-Za-z_]\w*)=["']?\$\{?([1-9])\b[^\n]*$`)

// timesNamed is how often a text names a script: not a file that is called like it
// and lies elsewhere (/etc/profile.d/app.sh), or whose name only ends like it.
func timesNamed(text, base, self string) int {
	n := 0
	for rest := text; ; {
		at := strings.Index(rest, base)
		if at < 0 {
			return n
		}
		start := at
		for start > 0 && (isNameByte(rest[start-1]) || strings.IndexByte("/-${}", rest[start-1]) >= 0) {
			start--
		}
		word := rest[start : at+len(base)]
		behind := start > 1 && strings.IndexByte(`"'`, rest[start-1]) >= 0 && (isNameByte(rest[start-2]) || rest[start-2] == '}') // "$DIR"/app.sh
		elsewhere := self != "" && strings.HasPrefix(word, "/") && !behind && validate.CommonEnd(word, self) < 2
		if rest = rest[at+len(base):]; path.Base(word) == base && !elsewhere && (rest == "" || !isNameByte(rest[0]) || rest[0] == '.') {
			n++
		}
	}
}

// passedOn are the calls of a script with a variable as its argument.
func passedOn(text, base string) [][]int {
	return regexp.MustCompile(`(?:^|[^\w.\-])`+regexp.QuoteMeta(base)+`["']?[ \t]+"?\$[\w{@*]`).FindAllStringIndex(text, -1)
}

// plainWord matches a word of a command that means what it says.
var plainWord = lazyregexp.New(`^[\w./:=,@%+\-]+$`)

// callsIn are the words of a command line that may be a script with its
// arguments, up to the first one that is not plain.
func callsIn(text string) [][]string {
	var out [][]string
	for _, part := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(";&|\n()", c) }) {
		fields := strings.Fields(part)
		for i, f := range fields {
			if !plainWord.MatchString(f) {
				break
			}
			call := []string{f}
			for _, arg := range fields[i+1:] {
				if !plainWord.MatchString(arg) {
					arg = ""
				}
				call = append(call, arg)
			}
			out = append(out, call)
			if len(out) > 50 || strings.Contains(f, "/") && path.Base(f) != "env" && !isShell(path.Base(f)) {
				break
			}
		}
	}
	return out
}

func isShell(name string) bool {
	return slices.Contains([]string{"sh", "bash", "sudo", "nohup", "su", "timeout", "nice", "time"}, name)
}

// positional are arguments as variables: those that are known.
func positional(args []string) map[string][]shell.Value {
	out := map[string][]shell.Value{}
	for i, a := range args[:min(len(args), 9)] {
		if a != "" {
			out[strconv.Itoa(i+1)] = []shell.Value{{Text: a}}
		}
	}
	return out
}
