package reader

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// lineSetting matches name and value of a line, in all the ways in which
// servers like them: name=value, name: value, name value, 'name' => 'value',
// $name['x'] = 'value'.
var lineSetting = lazyregexp.New(`^(?:export[ \t]+|declare(?:[ \t]+-\w+)?[ \t]+|set[ \t]+|SET[ \t]+|set_var[ \t]+|(?:define|@?ini_set)\([ \t]*|-{1,2})?["']?([$\w](?:[\w.\-$\[\]'"]|->)*?)["']?[ \t]*(?:=>|:=|\+=|=|:[ \t]|:(?:["'/$])|,[ \t]*["']|[ \t])[ \t]*(\S.*)$`)

// section matches [name], and the head of a block: name … {
var section = lazyregexp.New(`^\[+["']?([\w.\-: /]+)["']?\]+[ \t]*$`)

// oneLineBlock matches a block on one line.
var oneLineBlock = lazyregexp.New(`^(location[ \t][^{}]*?|[A-Za-z][\w.\-/ ]*?)[ \t]*[:=]?[ \t]*\{[ \t]+(\S.*?)[ \t]*\}[,;]?$`)

func blockOnLine(body string) []int {
	if !strings.Contains(body, "{") {
		return nil
	}
	return oneLineBlock.FindStringSubmatchIndex(body)
}

// readLines reads one setting a line, with sections and blocks around it.
func readLines(text string) []Setting {
	var out []Setting
	r := lineReader{}
	offset := 0
	for line := range strings.Lines(text) {
		out = append(out, r.line(line, offset)...)
		if offset += len(line); len(out) > maxSettings {
			break
		}
	}
	return out
}

// lineReader knows where in the file it is.
type lineReader struct {
	section string
	blocks  []string
}

func (r *lineReader) line(line string, offset int) []Setting {
	body := strings.TrimSpace(line)
	offset += strings.Index(line, body)
	switch {
	case body == "" || isComment(body):
		return nil
	case body[0] == '}' || closes(body):
		r.blocks = r.blocks[:max(len(r.blocks)-1, 0)]
		return nil
	case strings.HasPrefix(body, "</") && len(r.blocks) > 0 && r.blocks[len(r.blocks)-1] == strings.Trim(body, "</> "):
		r.blocks = r.blocks[:len(r.blocks)-1]
		return nil
	case body[0] == '<' && fluentBlock.MatchString(body):
		r.open(strings.Trim(body, "<>"))
		return nil
	case strings.Contains(body, "file(\"/") && (strings.HasPrefix(body, "destination") || slices.Contains(r.blocks, "destination")):
		return syslogFile(body, offset)
	case loggingCall.MatchString(body):
		return loggedTo(body, offset)
	case strings.HasSuffix(body, "{"), strings.HasSuffix(body, "=> ["), strings.HasSuffix(body, "=> array("), strings.HasSuffix(body, "=> array ("):
		r.open(body)
		return nil
	}
	if m := blockOnLine(body); m != nil { // name { key value; }
		r.open(body[m[2]:m[3]])
		out := r.line(body[m[4]:m[5]], offset+m[4])
		r.blocks = r.blocks[:max(len(r.blocks)-1, 0)]
		return out
	}
	if m := section.FindStringSubmatch(body); m != nil {
		r.section, r.blocks = m[1], nil
		return nil
	}
	return r.setting(body, offset)
}

// fluentBlock matches the head of a block of fluentd's.
var fluentBlock = lazyregexp.New(`^<(?:source|match|store|buffer|filter)\b[^/>]*>$`)

// syslogFile is where syslog-ng writes: destination d { file("/x"); };
func syslogFile(body string, offset int) []Setting {
	at := strings.Index(body, "file(\"") + len("file(\"")
	value, _, _ := strings.Cut(body[at:], `"`)
	return []Setting{{Key: "destination.file", Value: value, Offset: offset + at, Write: true}}
}

// loggingCall matches a function whose name speaks of logs and that is handed a file, in
// configurations that are programs: addAction(AllRule(), LogAction("/x")).
var loggingCall = lazyregexp.New(`^(?:[A-Za-z]\w*\(.*[(, \t])?((?:[a-z]\w*)?Log[A-Z]\w*)\([ \t]*"(/[^"]+)"`)

func loggedTo(body string, offset int) []Setting {
	m := loggingCall.FindStringSubmatchIndex(body)
	return []Setting{{Key: body[m[2]:m[3]], Value: body[m[4]:m[5]], Offset: offset + m[4]}}
}

// closes reports whether a line ends an array of PHP.
func closes(body string) bool {
	switch strings.TrimRight(body, ",;") {
	case ")", "]":
		return true
	}
	return false
}

func isComment(body string) bool {
	for _, mark := range []string{"#", ";", "//", "<!--", "%%", "/*", "* ", "*/", "--  ", "<?"} {
		if strings.HasPrefix(body, mark) {
			return true
		}
	}
	return false
}

func (r *lineReader) open(body string) {
	name, _, _ := strings.Cut(strings.TrimSpace(strings.TrimRight(body, "{=: ")), " ")
	if len(r.blocks) < 32 {
		r.blocks = append(r.blocks, strings.Trim(name, `"'`))
	}
}

// spaced matches a name of several words: `log file = /x`, `osd data = /x`.
var spaced = lazyregexp.New(`^([A-Za-z][A-Za-z0-9_\-]*(?: [A-Za-z0-9_\-]+){1,3})[ \t]*=[ \t]*(\S.*)$`)

func spacedName(body string) []int {
	if name, _, ok := strings.Cut(body, "="); !ok || !strings.Contains(name, " ") || strings.HasPrefix(name, "declare ") {
		return nil
	}
	return spaced.FindStringSubmatchIndex(body)
}

// oneOptionLine matches a line that is an option of a program, in jvm.options with
// the versions that it is for.
var oneOptionLine = lazyregexp.New(`^(?:\d+(?:-\d*)?:)?-[A-Za-z\-]`)

// erlang matches a pair of Erlang's: {file, "/x"}; and an option of its machine with
// two names: -mnesia dir '"/x"'.
var (
	erlangPair   = lazyregexp.New(`\{[ \t]*'?([a-z]\w*)'?[ \t]*,[ \t]*"(/[^"]+)"[ \t]*\}`)
	erlangOption = lazyregexp.New(`^-(\w+)[ \t]+(\w+)[ \t]+'?"?(/[^"']+)`)
)

// pairs are the pairs of Erlang's on a line.
func (r *lineReader) pairs(body string, offset int) []Setting {
	var out []Setting
	for _, m := range erlangPair.FindAllStringSubmatchIndex(body, 10) {
		out = append(out, settings(r.path(body[m[2]:m[3]]), body[m[4]:m[5]], offset+m[4])...)
	}
	if m := erlangOption.FindStringSubmatchIndex(body); m != nil {
		out = append(out, settings(body[m[2]:m[3]]+"."+body[m[4]:m[5]], body[m[6]:m[7]], offset+m[6])...)
	}
	return out
}

// inlinePair matches one of several pairs on a line: 'path' => '/x', "file": "/x".
var inlinePair = lazyregexp.New(`["']?([A-Za-z]\w*)["']?[ \t]*(?:=>|:|=)[ \t]*["']((?:/|[A-Za-z]:[/\\]|sqlite)[^"'\n]+)["']`)

// lineName matches the name that a line begins with.
var lineName = lazyregexp.New(`^["'$]?([A-Za-z][\w.\-]*)`)

// inline are the pairs of a map that stands on one line: name => [key => value, …];
// nil where the line has none.
func (r *lineReader) inline(body string, offset int) []Setting {
	open := strings.IndexAny(body, "{[(")
	if open < 0 || strings.ContainsAny(body[:open], "/") {
		return nil
	}
	var out []Setting
	for _, m := range inlinePair.FindAllStringSubmatchIndex(body, 50) {
		if m[0] < open {
			return nil
		}
		key := body[m[2]:m[3]]
		if name := lineName.FindStringSubmatch(body); name != nil && name[1] != key && name[1] != "return" {
			key = name[1] + "." + key
		}
		out = append(out, settings(r.path(key), body[m[4]:m[5]], offset+m[4])...)
	}
	return out
}

func (r *lineReader) setting(body string, offset int) []Setting {
	if body[0] == '-' || strings.Contains(body, "{") {
		if pairs := r.pairs(body, offset); len(pairs) > 0 {
			return pairs
		}
	}
	if oneOptionLine.MatchString(body) {
		at := strings.IndexByte(body, '-')
		if i := strings.Index(body, ":-"); i >= 0 && i < 8 && body[0] != '-' {
			at = i + 1
		}
		if options := Options(body[at:]); len(options) > 0 {
			for i := range options {
				options[i].Offset += offset + at
			}
			return options
		}
	}
	if pairs := r.inline(body, offset); pairs != nil {
		return pairs
	}
	if m := spacedName(body); m != nil {
		return settings(r.path(body[m[2]:m[3]]), cutComment(body[m[4]:]), offset+m[4])
	}
	m := lineSetting.FindStringSubmatchIndex(body)
	if m == nil {
		return nil
	}
	key, from := phpKey(body[m[2]:m[3]]), m[4]
	if from > 0 && strings.IndexByte(`"'/$`, body[from-1]) >= 0 && body[from-1] != ' ' {
		from-- // the separator's look-ahead took the value's first character
	}
	value := cutComment(body[from:])
	return settings(r.path(key), strings.TrimRight(value, ",; \t"), offset+from)
}

// phpKey makes a.b of $a['b'].
func phpKey(key string) string {
	if !strings.ContainsAny(key, `>['"]`) {
		return strings.Trim(key, "$.")
	}
	return strings.Trim(strings.NewReplacer("->", ".", "['", ".", "']", "", `["`, ".", `"]`, "", "'", "", `"`, "").Replace(key), "$.")
}

func (r *lineReader) path(key string) string {
	parts := r.blocks
	if r.section != "" {
		parts = append([]string{r.section}, parts...)
	}
	if len(parts) == 0 {
		return key
	}
	return strings.Join(parts, ".") + "." + key
}

// cutComment takes a comment at the end of the line away.
func cutComment(value string) string {
	if i := strings.Index(value, " #"); i >= 0 {
		return value[:i]
	}
	if i := strings.Index(value, "\t#"); i >= 0 {
		return value[:i]
	}
	return value
}
