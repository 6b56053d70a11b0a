package owner

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// Calls are, by script, the arguments that a role's commands call it with.
type Calls map[string]map[*doc.Role][]string

// Asked are, by script, the first arguments that a role's commands call it with, where all are
// plain and nothing else calls it; "" is none.
type Asked map[string]map[*doc.Role][]string

// finder finds calls.
type finder struct {
	docs  []*doc.Doc
	roles []*doc.Role
	args  Calls
	asked Asked
}

// FindCalls finds where scripts lie that commands call by their whole path, and the
// arguments that each role's commands call them with. Those count where all of a
// role's commands agree and nothing else calls the script.
func FindCalls(docs []*doc.Doc, roles []*doc.Role) (Calls, Asked) {
	f := &finder{docs, roles, Calls{}, Asked{}}
	f.find()
	return f.args, f.asked
}

func (f *finder) find() {
	scripts := map[string]*doc.Doc{}
	for _, d := range f.docs {
		if d.Format != reader.Shell || d.Command || d.Build {
			continue
		}
		base := path.Base(d.Node)
		if _, twice := scripts[base]; twice {
			scripts[base] = nil
			continue
		}
		scripts[base] = d
		if strings.HasPrefix(d.Node, "/") {
			d.Self = d.Node
		}
	}
	for _, c := range f.docs {
		if !c.Command {
			continue
		}
		seen := map[*doc.Doc]int{}
		for _, call := range callsIn(c.Text) {
			d := scripts[path.Base(call[0])]
			if d == nil {
				continue
			}
			seen[d]++
			if c.Role == nil {
				f.alsoCalled(d, call[1:])
				continue
			}
			if d.Self == "" && strings.HasPrefix(call[0], "/") {
				d.Self = call[0]
			}
			if m := changed.FindStringSubmatch(c.Text); d.Self == "" && m != nil && strings.HasPrefix(call[0], "./") {
				d.Self = path.Join(m[1], call[0])
			}
			f.called(d, c.Role, call[1:])
			f.ask(d, c.Role, call[1:])
		}
		for base, d := range scripts {
			if d != nil && strings.Contains(c.Text, base) && timesNamed(c.Text, base, "") > seen[d] {
				f.alsoCalledAnyhow(d, c.Role)
			}
		}
	}
	f.siblings()
	for base, d := range scripts {
		if d != nil && f.args[d.File] != nil && f.mentioned(base, d) {
			delete(f.args, d.File)
			delete(f.asked, d.File)
		}
		if d != nil && callsItself(d.Text, base) {
			delete(f.asked, d.File)
		}
	}
	f.handedOn(scripts)
}

// callsItself reports whether a script runs itself, perhaps with other words: what it says of
// its use does not count.
func callsItself(text, base string) bool {
	for line := range strings.Lines(text) {
		if itself.MatchString(line) || strings.Contains(line, "/"+base+" ") && !strings.HasPrefix(strings.TrimSpace(line), "#") {
			return true
		}
	}
	return false
}

// itself matches a line that begins a command with $0.
var itself = lazyregexp.New(`(?:^|[;&|()]|\b(?:exec|nohup|sudo|bash|sh|then|do)\b)[ \t]*["']?\$\{?(?:0|BASH_SOURCE)\b[^ \t]*[ \t]+["']?\w`)

// handedOn gives the files that scripts read with `.` the arguments that these hand on,
// or else have themselves. They count where nothing runs such a file.
func (f *finder) handedOn(scripts map[string]*doc.Doc) {
	for _, base := range slices.Sorted(maps.Keys(scripts)) {
		lib, read := scripts[base], 0
		if lib == nil || f.args[lib.File] != nil {
			continue
		}
		var all []handing
		for _, d := range f.docs {
			if d == lib || d.Command || d.Format != reader.Shell {
				continue
			}
			for _, words := range doc.ReadWith(d.Text, base) {
				all, read = append(all, handing{d, words}), read+1
			}
		}
		if read > 0 && !slices.ContainsFunc(f.docs, func(d *doc.Doc) bool {
			return d != lib && timesNamed(d.Text, base, lib.Self) > len(doc.ReadWith(d.Text, base))
		}) {
			for _, h := range all {
				for _, r := range f.roles {
					if own, ok := f.args[h.by.File][r]; ok || h.by.Owners != nil && h.by.Of(r) {
						f.called(lib, r, h.args(own))
					}
				}
			}
		}
	}
}

// handing is a script that reads another one, with the words behind its name.
type handing struct {
	by    *doc.Doc
	words []string
}

// args are the arguments that the file sees which is read; "" is one that is not known.
func (h handing) args(own []string) []string {
	if len(h.words) == 0 {
		return own
	}
	var out []string
	for _, w := range h.words {
		w = heldIn(h.by.Text, strings.Trim(w, `"'`))
		at := len(w) == 2 && w[0] == '$' && w[1] >= '1' && w[1] <= '9'
		switch {
		case w == "$@" || w == "$*":
			out = append(out, own...)
		case at && int(w[1]-'1') < len(own):
			out = append(out, own[w[1]-'1'])
		case doc.IsPlain(w):
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
func (f *finder) siblings() {
	place := map[string]string{}
	for _, d := range f.docs {
		if d.Self != "" {
			place[path.Dir(d.File)] = path.Dir(d.Self)
		}
	}
	for _, d := range f.docs {
		if dir := place[path.Dir(d.File)]; dir != "" && d.Self == "" && d.Format == reader.Shell && d.Pair == nil && !d.Command {
			d.Self = path.Join(dir, path.Base(d.Node))
		}
	}
}

// called notes the arguments of one call; "" is one that is not always the same.
func (f *finder) called(d *doc.Doc, r *doc.Role, args []string) {
	if f.args[d.File] == nil {
		f.args[d.File] = map[*doc.Role][]string{}
	}
	before, ok := f.args[d.File][r]
	if !ok {
		f.args[d.File][r] = args
		return
	}
	same := make([]string, max(len(before), len(args))) // where one call has no argument, it is not always the same
	for i := range min(len(before), len(args)) {
		if before[i] == args[i] {
			same[i] = args[i]
		}
	}
	f.args[d.File][r] = same
}

// alsoCalled notes the arguments of a command of a resource's, which runs a script of those
// roles whose own commands call it.
func (f *finder) alsoCalled(d *doc.Doc, args []string) {
	for r := range f.args[d.File] {
		f.called(d, r, args)
	}
	for _, r := range f.roles {
		f.ask(d, r, args)
	}
}

// alsoCalledAnyhow notes a call whose arguments are not seen.
func (f *finder) alsoCalledAnyhow(d *doc.Doc, r *doc.Role) {
	if r == nil {
		f.alsoCalled(d, []string{""})
		return
	}
	f.called(d, r, []string{""})
	f.ask(d, r, []string{""})
}

// ask notes the first argument of one call; of one that is not plain nothing is known.
func (f *finder) ask(d *doc.Doc, r *doc.Role, args []string) {
	first := ""
	if len(args) > 0 {
		if first = args[0]; first == "" {
			first = "$_"
		}
	}
	if f.asked[d.File] == nil {
		f.asked[d.File] = map[*doc.Role][]string{}
	}
	if !slices.Contains(f.asked[d.File][r], first) {
		f.asked[d.File][r] = append(f.asked[d.File][r], first)
	}
}

// Of are the first arguments that a role's commands call a script with; nil where that is not known.
func (a Asked) Of(d *doc.Doc, r *doc.Role) []string {
	if words := a[d.File][r]; !slices.Contains(words, "$_") {
		return words
	}
	return nil
}

// mentioned reports whether something beside the roles' commands names a script, other
// than to pass on what it was told itself.
func (f *finder) mentioned(base string, script *doc.Doc) bool {
	return slices.ContainsFunc(f.docs, func(d *doc.Doc) bool {
		copies := d.Build && d.Format == reader.YAML && !strings.Contains(d.Text, "cron") // a playbook puts it there
		if d == script || d.Command || copies {
			return false
		}
		times := timesNamed(d.Text, base, script.Self)
		return times > 0 && times > len(passedOn(d.Text, base))
	})
}

// heldIn is the argument that a variable of a script's text holds: COMPONENT="$1"; else w.
func heldIn(text, w string) string {
	name := strings.Trim(w, "${}")
	if !strings.HasPrefix(w, "$") || name == "" || name[0] >= '0' && name[0] <= '9' {
		return w
	}
	for _, m := range holdsArgument.FindAllStringSubmatch(text, 20) {
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
		for start > 0 && (doc.IsNameByte(rest[start-1]) || strings.IndexByte("/-${}", rest[start-1]) >= 0) {
			start--
		}
		word := rest[start : at+len(base)]
		behind := start > 1 && strings.IndexByte(`"'`, rest[start-1]) >= 0 && (doc.IsNameByte(rest[start-2]) || rest[start-2] == '}') // "$DIR"/app.sh
		elsewhere := self != "" && strings.HasPrefix(word, "/") && !behind && validate.CommonEnd(word, self) < 2
		if rest = rest[at+len(base):]; path.Base(word) == base && !elsewhere && (rest == "" || !doc.IsNameByte(rest[0]) || rest[0] == '.') {
			n++
		}
	}
}

// passedOn are the calls of a script with a variable as its argument.
func passedOn(text, base string) [][]int {
	return regexp.MustCompile(`(?:^|[^\w.\-])`+regexp.QuoteMeta(base)+`["']?[ \t]+"?\$[\w{@*]`).FindAllStringIndex(text, -1)
}

// callsIn are the words of a command line that may be a script with its
// arguments, up to the first one that is not plain.
func callsIn(text string) [][]string {
	var out [][]string
	for _, part := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(";&|\n()", c) }) {
		fields := strings.Fields(part)
		for i, f := range fields { // of su - db -c "/opt/db.sh start", too
			fields[i] = strings.Trim(f, "\"'")
		}
		for i, f := range fields {
			if !doc.IsPlain(f) {
				break
			}
			call := []string{f}
			for _, arg := range fields[i+1:] {
				if !doc.IsPlain(arg) {
					arg = ""
				}
				call = append(call, arg)
			}
			out = append(out, call)
			if len(out) > 50 || strings.Contains(f, "/") && path.Base(f) != "env" && !doc.IsShell(path.Base(f)) {
				break
			}
		}
	}
	return out
}
