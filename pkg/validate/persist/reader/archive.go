package reader

import "strings"

// isArchive reports whether a setting is the command by which PostgreSQL keeps its log.
func isArchive(key string) bool {
	return key[strings.LastIndexByte(key, '.')+1:] == "archive_command"
}

// withoutQuotes puts blanks where a command has quotes, and where it goes on in the next
// line; other backslashes are those of Windows' paths.
var withoutQuotes = strings.NewReplacer(`\"`, "  ", `\'`, "  ", "\\\n", "  ", `"`, " ", `'`, " ")

// archived are the places where such a command puts files: what has the file's name (%f)
// in it, or stands behind the file (%p). The rest are programs and their configuration.
func archived(key, command string, offset int) []Setting {
	var out []Setting
	seen := map[string]bool{}
	before := ""
	for _, w := range words(withoutQuotes.Replace(command)) {
		if IsPath(w.Path) && (strings.Contains(w.Path, "%f") || before == "%p") && !seen[w.Path] {
			seen[w.Path] = true
			out = append(out, Setting{Key: key, Value: w.Path, Offset: offset + w.Offset, Later: true})
		}
		before = w.Path
	}
	return out
}
