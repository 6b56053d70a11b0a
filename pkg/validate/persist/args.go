package persist

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
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
		if !c.command || c.role == nil {
			continue
		}
		for _, call := range callsIn(c.text) {
			d := scripts[path.Base(call[0])]
			if d == nil {
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
	same := make([]string, max(len(before), len(args)))
	for i := range same {
		if i < len(before) && i < len(args) && before[i] == args[i] {
			same[i] = args[i]
		}
	}
	j.args[d.file][r] = same
}

// mentioned reports whether something beside the roles' commands names a script, other
// than to pass on what it was told itself.
func (j *project) mentioned(base string, script *doc) bool {
	return slices.ContainsFunc(j.docs, func(d *doc) bool {
		copies := d.build && d.format == reader.YAML && !strings.Contains(d.text, "cron") // a playbook puts it there
		return d != script && !(d.command && d.role != nil) && !copies && strings.Count(d.text, base) > len(passedOn(d.text, base))
	})
}

// passedOn are the calls of a script with a variable as its argument.
func passedOn(text, base string) [][]int {
	return regexp.MustCompile(regexp.QuoteMeta(base)+`["']?[ \t]+"?\$[\w{@*]`).FindAllStringIndex(text, -1)
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
