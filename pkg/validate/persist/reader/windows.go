package reader

import (
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// readWindows reads a script of PowerShell or of cmd.exe: variables that hold
// paths, what is made and written, what options and properties are set to; links that it
// makes, services that it starts.
func readWindows(text string) *windowsReader {
	r := &windowsReader{secrets: windowsSecrets{vars: map[string]bool{}, functions: map[string]bool{}}, vars: map[string]string{
		"programdata": `C:\ProgramData`, "allusersprofile": `C:\ProgramData`, "systemdrive": "C:", "programfiles": `C:\Program Files`,
		"systemroot": `C:\Windows`, "windir": `C:\Windows`, "temp": `C:\Windows\Temp`, "tmp": `C:\Windows\Temp`, "public": `C:\Users\Public`,
	}}
	offset := 0
	for line := range strings.Lines(text) {
		body := strings.TrimSpace(line)
		if !windowsComment(body) {
			r.secrets.see(body)
			r.line(strings.TrimRight(line, "\r\n"), offset)
		}
		if offset += len(line); len(r.out) > maxSettings {
			break
		}
	}
	return r
}

// WindowsLinks are the links that a script of Windows makes.
func WindowsLinks(text string) []Link {
	return readWindows(text).links
}

// WindowsStarts are the services that a script of Windows starts.
func WindowsStarts(text string) []string {
	return readWindows(text).starts
}

func windowsComment(body string) bool {
	lower := strings.ToLower(body)
	return body == "" || body[0] == '#' || strings.HasPrefix(body, "::") || strings.HasPrefix(lower, "rem ")
}

type windowsReader struct {
	vars    map[string]string // in lower case
	made    string            // what the command that is read makes once
	secrets windowsSecrets
	out     []Setting
	links   []Link
	starts  []string // services
	dumps   bool     // what the pipe hands on is a copy of a database
}

var (
	winAssign = lazyregexp.New(`(?i)^[ \t]*(?:\[[\w.\[\]]+\][ \t]*)?\$(?:env:|script:|global:)?(\w+)[ \t]*=[ \t]*(.*)$|^[ \t]*@?setx?(?:[ \t]+/[a-z])*[ \t]+"?(\w+)[= ][ \t]*(.*?)"?[ \t]*$`)
	winParam  = lazyregexp.New(`\[string\][ \t]*\$(\w+)[ \t]*=[ \t]*("[^"]*"|'[^']*')`)
	winVar    = lazyregexp.New(`\$\{?(?:env:|script:|global:)?(\w+)\}?|%(\w+)%`)
	winBackup = lazyregexp.New(`(?i)\bTO[ \t]+DISK[ \t]*=[ \t]*N?['"]([^'"]+)`)
	winJoin   = lazyregexp.New(`(?i)^\(?Join-Path[ \t]+(?:-Path[ \t]+)?(\S+)[ \t]+(?:-ChildPath[ \t]+)?["']?([^"')]+)["']?\)?$`)
	winWord   = lazyregexp.New(`"[^"]*"|'[^']*'|>>?|[|;]|[^\s|;>,"']+(?:"[^"]*"|'[^']*')?|,`)
	winInline = lazyregexp.New(`\$\([^()]*(?:\([^()]*\)[^()]*)*\)`)
	winSlash  = lazyregexp.New(`^/([A-Za-z]{4,})[=:](.+)$`)
	winParted = lazyregexp.New(`[|;]|&&|\{[ \t]|[ \t]\}`)
)

func (r *windowsReader) line(line string, offset int) {
	line = joinedPaths(line)
	for _, m := range winParam.FindAllStringSubmatchIndex(line, 8) {
		r.assign(line[m[2]:m[3]], line[m[4]:m[5]], offset+m[4])
	}
	r.made = ""
	if m := winKeyFile.FindStringSubmatchIndex(line); m != nil {
		r.made = "a copy of a key"
		r.add("key_file", line[m[2]:m[3]], offset+m[2], true)
		return
	}
	if m := winWritten.FindStringSubmatchIndex(line); m != nil && r.secrets.in(line) {
		r.made = "a secret"
		r.add("written", line[m[2]:m[3]], offset+m[2], true)
		return
	}
	if m := winBackup.FindStringSubmatchIndex(line); m != nil {
		r.add("sql.to_disk", line[m[2]:m[3]], offset+m[2], true)
		return
	}
	r.dotNet(line, offset)
	r.scheduled(line, offset)
	r.dumps = false
	if m := winAssign.FindStringSubmatchIndex(line); m != nil {
		name, value := m[2], m[4]
		if name < 0 {
			name, value = m[6], m[8]
		}
		end := m[5]
		if m[2] < 0 {
			end = m[9]
		}
		nameEnd := m[3]
		if m[2] < 0 {
			nameEnd = m[7]
		}
		r.assign(line[name:nameEnd], line[value:end], offset+value)
		return
	}
	from, piped := 0, false
	for _, at := range append(winParted.FindAllStringIndex(line, 20), []int{len(line), len(line)}) {
		if at[0] >= from {
			if !piped {
				r.made = ""
			}
			if r.secrets.in(line[from:at[0]]) {
				r.made = "a secret"
			}
			r.command(line[from:at[0]], offset+from)
			from, piped = at[1], line[at[0]:at[1]] == "|"
		}
	}
}

func (r *windowsReader) assign(name, value string, offset int) {
	v := winInline.ReplaceAllString(strings.TrimSpace(value), "$$_") // "D:\log\$(Get-Date).log"
	if m := winJoin.FindStringSubmatch(v); m != nil {
		v = strings.Trim(r.expand(m[1]), `"'`) + `\` + strings.TrimLeft(m[2], `\/`)
	}
	quoted := strings.Trim(v, `"'`)
	if !isQuotedPath(v) && (strings.ContainsAny(quoted, `"'|()`) || strings.Contains(v, " -")) {
		r.command(value, offset) // $p = Start-Process …
		return
	}
	v = r.expand(quoted)
	r.vars[strings.ToLower(name)] = v
	at := max(strings.IndexFunc(value, func(c rune) bool { return !strings.ContainsRune(" \t\"'", c) }), 0)
	r.add(name, v, offset+at, false)
}

// isQuotedPath reports whether a value is one path in quotes, of which winAssign may have
// taken the last one: "C:\Program Files (x86)\x.exe".
func isQuotedPath(v string) bool {
	inner := strings.Trim(v, `"'`)
	return len(v) > len(inner) && v[0] != inner[0] && IsPath(inner) && !strings.ContainsAny(inner, `"'|`)
}

// expand puts the variables in that are known.
func (r *windowsReader) expand(text string) string {
	if !strings.ContainsAny(text, "$%") {
		return text
	}
	return winVar.ReplaceAllStringFunc(text, func(match string) string {
		m := winVar.FindStringSubmatch(match)
		if v, ok := r.vars[strings.ToLower(m[1]+m[2])]; ok && len(v) < 500 {
			return v
		}
		return match
	})
}

func (r *windowsReader) add(key, value string, offset int, write bool) {
	value = r.expand(winInline.ReplaceAllString(strings.Trim(value, `"'`), "$$_"))
	if IsPath(value) && len(value) > 2 && value[1] == ':' {
		s := Setting{Key: key, Value: value, Offset: offset, Write: write}
		if write && r.made != "" {
			s.Made, s.Guard = r.made, r.secrets.guarded()
		}
		r.out = append(r.out, s)
	}
}

// copied is add for what is copied, from where it was.
func (r *windowsReader) copied(key string, from, to Piece) {
	before := len(r.out)
	r.add(key, to.Path, to.Offset, true)
	if len(r.out) > before {
		r.out[before].From = r.expand(strings.Trim(from.Path, `"'`))
	}
}

// command reads one command: its first word, its parameters, what is behind >.
func (r *windowsReader) command(text string, offset int) {
	var all []Piece
	for _, at := range winWord.FindAllStringIndex(text, 200) {
		all = append(all, Piece{Path: text[at[0]:at[1]], Offset: offset + at[0]})
	}
	for len(all) > 1 && (all[0].Path == "&" || all[0].Path == "." || strings.EqualFold(all[0].Path, "cmd") || strings.EqualFold(all[0].Path, "cmd.exe") || strings.EqualFold(all[0].Path, "/c") || strings.HasPrefix(all[0].Path, "@")) {
		all = all[1:]
	}
	if len(all) == 0 {
		return
	}
	name := strings.ToLower(strings.TrimSuffix(path.Base(strings.ReplaceAll(strings.Trim(r.expand(all[0].Path), `"'`), `\`, "/")), ".exe"))
	c := winCall{name: name, params: map[string][]Piece{}}
	c.read(all[1:])
	r.dumps = r.dumps && !strings.HasPrefix(name, "start-") || winDumps(name)
	for i, w := range all {
		if (w.Path == ">" || w.Path == ">>") && i+1 < len(all) {
			r.add(r.opened("output", w.Path == ">>"), all[i+1].Path, all[i+1].Offset, true)
		}
	}
	r.run(c)
}

// winCall is a command with its parameters.
type winCall struct {
	name   string
	params map[string][]Piece // in lower case, without the dash; "" are the words without one
	order  []string
	adds   bool // -Append
}

func (c *winCall) read(words []Piece) {
	param := ""
	for i, w := range words {
		switch {
		case w.Path == ">" || w.Path == ">>":
			return
		case w.Path == ",":
		case len(w.Path) > 2 && w.Path[0] == '-' && !strings.Contains(w.Path, "="):
			key, value, ok := strings.Cut(strings.TrimLeft(w.Path, "-"), ":")
			if param = strings.ToLower(key); ok && value != "" {
				c.put(param, Piece{Path: value, Offset: w.Offset + len(w.Path) - len(value)})
			}
			c.adds = c.adds || param == "append"
			if ok && value != "" || winSwitch(param) {
				param = ""
			}
		default:
			c.put(param, w)
			if i+1 < len(words) && words[i+1].Path != "," {
				param = ""
			}
		}
	}
}

// winSwitch reports whether a parameter has no value.
func winSwitch(param string) bool {
	switch param {
	case "append", "force", "noclobber", "wait", "passthru", "nonewwindow", "recurse", "whatif", "verbose", "confirm", "nonewline":
		return true
	}
	return false
}

func (c *winCall) put(param string, w Piece) {
	if len(c.params[param]) == 0 {
		c.order = append(c.order, param)
	}
	c.params[param] = append(c.params[param], w)
}

// first are the words of the first of some parameters that is there.
func (c *winCall) first(params ...string) []Piece {
	for _, p := range params {
		if words := c.params[p]; len(words) > 0 {
			return words
		}
	}
	return nil
}

func (r *windowsReader) run(c winCall) {
	switch c.name {
	case "new-item", "ni", "mkdir", "md":
		r.newItem(c)
	case "mklink":
		if words := c.params[""]; len(words) > 1 {
			r.link(words[len(words)-2].Path, words[len(words)-1].Path)
		}
	case "out-file", "add-content", "set-content", "start-transcript", "tee-object", "tee", "export-csv", "export-clixml":
		r.write(c, c.first("filepath", "literalpath", "path", "")[:min(1, len(c.first("filepath", "literalpath", "path", "")))])
	case "copy-item", "move-item", "copy", "xcopy", "robocopy", "move", "compress-archive":
		c.params[""] = operands(c.params[""])
		from, to := c.first("path", "literalpath", ""), c.first("destination", "destinationpath")
		if words := c.params[""]; len(to) == 0 && len(from) > 0 && len(words) > 0 { // the first is from where, where nothing else says so
			to = words[min(1, len(words)-1):]
		}
		if len(to) > 0 && len(from) > 0 {
			r.copied(c.name, from[0], to[0])
		}
	case "backup-sqldatabase", "backup-dbadatabase", "export-dbauser", "backup-gpo", "wbadmin":
		r.write(c, c.first("backupfile", "path", "filepath", "backuptarget"))
	case "set-itemproperty", "new-itemproperty", "set-webconfigurationproperty", "set-webconfiguration":
		r.property(c)
	case "new-smbshare": // what others on the network put there
		r.write(c, c.first("path"))
	case "net":
		if words := c.params[""]; len(words) > 1 && strings.EqualFold(words[0].Path, "share") {
			_, folder, _ := strings.Cut(words[1].Path, "=")
			r.add("share", folder, words[1].Offset+len(words[1].Path)-len(folder), true)
		}
		r.starting(c.params[""])
	case "sc":
		r.starting(c.params[""])
	case "start-service", "restart-service":
		r.starting(append([]Piece{{Path: "start"}}, c.first("name", "displayname", "")...))
	case "export-pfxcertificate", "export-certificate":
		r.made = "a certificate"
		r.write(c, c.first("filepath"))
	case "openssl", "ssh-keygen", "keytool":
		r.made = "a key"
		r.write(c, append(append(c.params["out"], c.params["keyout"]...), append(c.params["f"], c.params["keystore"]...)...))
	case "nssm":
		r.nssm(c.params[""])
		r.starting(c.params[""])
	case "7z", "7za", "winrar", "rar":
		if words := c.params[""]; len(words) > 2 && words[0].Path == "a" {
			r.copied(c.name, words[len(words)-1], words[1])
		}
	default:
		if !winReads(c.name) {
			r.options(c)
		}
	}
}

// starting notes the service that is told to start, or to restart.
func (r *windowsReader) starting(words []Piece) {
	if len(words) > 1 && (strings.EqualFold(words[0].Path, "start") || strings.EqualFold(words[0].Path, "restart")) {
		r.starts = append(r.starts, r.expand(strings.Trim(words[1].Path, `"'`)))
	}
}

// winReads reports whether a command only reads or removes what it names.
func winReads(name string) bool {
	verb, _, dashed := strings.Cut(name, "-")
	switch verb {
	case "get", "test", "import", "remove", "join", "select", "unblock", "expand", "resolve", "split", "read", "write":
		return dashed
	case "if", "del", "rd", "rmdir", "cd", "type", "dir", "echo", "attrib", "icacls", "pushd", "exist":
		return true
	}
	return false
}

func (r *windowsReader) write(c winCall, words []Piece) {
	for _, w := range words {
		r.add(r.opened(c.name, c.adds || c.name == "add-content"), w.Path, w.Offset, true)
	}
}

func (r *windowsReader) newItem(c winCall) {
	places := c.first("path", "")
	if targets := c.first("target", "value"); len(targets) > 0 && len(places) > 0 {
		at := places[0].Path
		if name := c.params["name"]; len(name) > 0 {
			at = strings.Trim(at, `"'`) + `\` + strings.Trim(name[0].Path, `"'`)
		}
		r.link(at, targets[0].Path)
		return
	}
	r.write(c, places)
}

func (r *windowsReader) link(at, target string) {
	trim := func(s string) string { return r.expand(strings.Trim(s, `"'`)) }
	r.links = append(r.links, Link{At: trim(at), Target: trim(target)})
}

// property is a value of the registry or of IIS: its key is what the filter ends
// in, and the name.
func (r *windowsReader) property(c winCall) {
	names, values := c.params["name"], c.params["value"]
	if len(names) == 0 || len(values) == 0 {
		return
	}
	key := strings.Trim(names[0].Path, `"'`)
	if filter := c.params["filter"]; len(filter) > 0 {
		key = path.Base(strings.Trim(filter[0].Path, `"'`)) + "." + key
	}
	r.add(key, values[0].Path, values[0].Offset, false)
}

// options are those of any other program, and those in a list of arguments.
func (r *windowsReader) options(c winCall) {
	for i, w := range c.params[""] { // pg_dump -f file
		if short := strings.TrimPrefix(w.Path, "-"); winDumps(c.name) && len(short) == 1 && dumpOption(short) && i+1 < len(c.params[""]) {
			next := c.params[""][i+1]
			r.add("sql.output", next.Path, next.Offset, true)
		}
	}
	for _, p := range c.order {
		for _, w := range c.params[p] {
			inner := strings.Trim(w.Path, `"'`)
			if m := winSlash.FindStringSubmatch(inner); m != nil { // setup.exe /SQLBACKUPDIR="C:\x"
				r.add(m[1], m[2], w.Offset, false)
				continue
			}
			if p != "" && !strings.HasPrefix(inner, "-") {
				if winDumps(c.name) && dumpOption(p) {
					p = "sql.output"
				}
				r.add(p, w.Path, w.Offset, strings.HasPrefix(p, "redirectstandard"))
				continue
			}
			for _, s := range Options(strings.ReplaceAll(r.expand(inner), `"`, "")) {
				r.add(s.Key, s.Value, w.Offset, false)
			}
		}
	}
}
