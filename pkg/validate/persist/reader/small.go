package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// readLogrotate reads the files that are rotated: the words before the braces of
// a stanza, on one line or on several. The key is "rotated".
func readLogrotate(text string) []Setting {
	var out []Setting
	offset, inside := 0, false
	for line := range strings.Lines(text) {
		body := strings.TrimSpace(line)
		head, _, opens := strings.Cut(body, "{")
		if strings.HasPrefix(body, "#") {
			head, opens = "", false
		}
		if !inside {
			for _, w := range words(head) {
				if strings.HasPrefix(w.Path, "/") && len(w.Path) < 1000 {
					out = append(out, Setting{Key: "rotated", Value: w.Path, Offset: offset + strings.Index(line, body) + w.Offset, Write: true})
				}
			}
		}
		if opens {
			inside = true
		}
		if strings.Contains(body, "}") && !strings.Contains(body, "${") {
			inside = false
		}
		offset += len(line)
	}
	return out
}

// exported matches a folder that others may write to: /folder host(rw,…).
var exported = lazyregexp.New(`^"?(/[^\s"]+)"?[ \t].*[(,]rw[,)]`)

// readExports reads the folders that a node shares over NFS for others to write
// to. The key is "export".
func readExports(text string) []Setting {
	var out []Setting
	offset := 0
	for line := range strings.Lines(text) {
		if m := exported.FindStringSubmatchIndex(line); m != nil {
			out = append(out, Setting{Key: "export", Value: line[m[2]:m[3]], Offset: offset + m[2]})
		}
		offset += len(line)
	}
	return out
}

var (
	cronLine = lazyregexp.New(`^(?:@(?:reboot|yearly|annually|monthly|weekly|daily|hourly)|(?:[\d*][\d*/,\-]*[ \t]+){2}(?:[\d*][\d*/,\-]*|[A-Za-z,\-]{3,})[ \t]+(?:[\d*][\d*/,\-]*|[A-Za-z,\-]{3,})[ \t]+(?:[\d*][\d*/,\-]*|[A-Za-z,\-]{3,}))[ \t]+\S`)
	cronName = lazyregexp.New(`^[A-Z_]+[ \t]*=`)
)

// isCrontab reports whether a text is one of cron, whatever it is called: all of
// its lines are times with commands, or variables.
func isCrontab(text string) bool {
	found := false
	for line := range strings.Lines(text) {
		body := strings.TrimSpace(line)
		switch {
		case body == "" || body[0] == '#' || cronName.MatchString(body):
		case cronLine.MatchString(body) && (body[0] == '@' || strings.Contains(body, "*")):
			found = true
		default:
			return false
		}
	}
	return found
}
