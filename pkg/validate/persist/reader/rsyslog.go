package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

var (
	// a selector with a file: *.info;mail.none  -/var/log/messages
	rsyslogSelector = lazyregexp.New(`^[\w*.,;:!=\-]+\.[\w*!=,;.]+[ \t]+-?(/[^\s;]+)`)
	// /file alone in braces
	rsyslogAlone = lazyregexp.New(`^-?(/[^\s;]+)$`)
	// then /file, & /file, :msg, contains, "x" /file
	rsyslogThen = lazyregexp.New(`(?:\bthen|^&|^:.*")[ \t]+-?(/[^\s;]+)`)
	// $template name,"/file"
	rsyslogTemplate = lazyregexp.New(`^\$template[ \t]+\w+[ \t]*,[ \t]*"(/[^"]+)"`)
	// action(type="omfile" file="/file"), over several lines
	rsyslogAction = lazyregexp.New(`(?is)\b(action|template)\s*\(([^)]*)\)`)
	rsyslogFile   = lazyregexp.New(`(?i)\b(?:file|string)\s*=\s*"(/[^"]+)"`)
)

// rsyslogInput is a file that rsyslog reads and passes on.
var rsyslogInput = lazyregexp.New(`(?is)\binput\s*\([^)]*"imfile"[^)]*\bfile\s*=\s*"(/[^"]+)"|\$InputFileName[ \t]+(/\S+)`)

// Shipped are the files that a configuration of rsyslog passes on to another
// place.
func Shipped(text string) []string {
	var out []string
	for _, m := range rsyslogInput.FindAllStringSubmatch(text, 100) {
		out = append(out, m[1]+m[2])
	}
	return out
}

// readRsyslog reads the files that rsyslog writes. The key is "omfile".
func readRsyslog(text string) []Setting {
	var out []Setting
	offset := 0
	for line := range strings.Lines(text) {
		body := strings.TrimSpace(line)
		lead := strings.Index(line, body)
		if body != "" && body[0] != '#' {
			for _, re := range []*lazyregexp.Regexp{rsyslogSelector, rsyslogThen, rsyslogTemplate, rsyslogAlone} {
				if m := re.FindStringSubmatchIndex(body); m != nil {
					out = append(out, logFile(body[m[2]:m[3]], offset+lead+m[2]))
					break
				}
			}
		}
		offset += len(line)
	}
	for _, a := range rsyslogAction.FindAllStringSubmatchIndex(text, maxSettings) {
		if inComment(text, a[0]) {
			continue
		}
		if m := rsyslogFile.FindStringSubmatchIndex(text[a[4]:a[5]]); m != nil {
			out = append(out, logFile(text[a[4]+m[2]:a[4]+m[3]], a[4]+m[2]))
		}
	}
	return append(out, queueFolder(text)...)
}

var (
	rsyslogFolder = lazyregexp.New(`(?im)^[ \t]*(?:\$WorkDirectory[ \t]+|global\s*\([^)#]*\bworkDirectory\s*=\s*)"?(/[^"\s)]+)`)
	rsyslogQueue  = lazyregexp.New(`(?im)^[^#\n]*(?:\bqueue\.filename\s*=|^[ \t]*\$(?:Action|MainMsg)QueueFileName[ \t])`)
	rsyslogSaved  = lazyregexp.New(`(?im)^[^#\n]*(?:\bqueue\.saveOnShutdown\s*=\s*"on"|^[ \t]*\$(?:Action|MainMsg)QueueSaveOnShutdown[ \t]+on)`)
)

// queueFolder is where rsyslog keeps what it has not passed on yet, if it is told to
// keep that over a restart. The key is "rsyslog.diskqueue".
func queueFolder(text string) []Setting {
	m := rsyslogFolder.FindStringSubmatchIndex(text)
	if m == nil || !rsyslogQueue.MatchString(text) || !rsyslogSaved.MatchString(text) {
		return nil
	}
	return []Setting{{Key: "rsyslog.diskqueue", Value: text[m[2]:m[3]], Offset: m[2], Write: true}}
}

func logFile(path string, offset int) Setting {
	return Setting{Key: "omfile", Value: path, Offset: offset, Write: true}
}

// inComment reports whether the line of offset begins with #.
func inComment(text string, offset int) bool {
	line := text[strings.LastIndexByte(text[:offset], '\n')+1 : offset]
	return strings.HasPrefix(strings.TrimSpace(line), "#")
}
