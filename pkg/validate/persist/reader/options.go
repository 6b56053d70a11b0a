package reader

import (
	"strings"
)

// Options are the paths that options of a command line are set to:
// --data-dir=/x, --data-dir /x, -Dname=/x, -Xloggc:/x, -D /x. The key is the
// option's name without dashes, or with one where it is a single letter.
func Options(line string) []Setting {
	if !strings.Contains(line, "-") {
		return nil
	}
	var out []Setting
	all := words(line)
	for i, w := range all {
		if len(w.Path) < 2 || w.Path[0] != '-' || w.Path[1] == '/' {
			continue
		}
		next := Piece{}
		if i+1 < len(all) {
			next = all[i+1]
		}
		out = append(out, oneOption(w, next)...)
	}
	return out
}

func oneOption(w, next Piece) []Setting {
	if key, value, at := splitOption(w.Path); value != "" {
		return option(key, value, w.Offset+at)
	}
	if _, ok := Embedded(next.Path); ok || IsPath(next.Path) {
		return option(optionName(w.Path), next.Path, next.Offset)
	}
	return nil
}

// Option is what a word of a command line that begins with a dash sets, next
// being the word behind it. Offsets are in the word that has the path.
func Option(word, next string) []Setting { return oneOption(Piece{Path: word}, Piece{Path: next}) }

func option(key, value string, offset int) []Setting {
	if s, ok := Embedded(value); ok {
		s.Offset += offset
		return []Setting{s}
	}
	var out []Setting
	for _, p := range list(Piece{Path: value, Offset: offset}) {
		out = append(out, Setting{Key: key, Value: p.Path, Offset: p.Offset})
	}
	return out
}

// optionName is an option without its dashes; a single letter keeps one.
func optionName(word string) string {
	name := strings.TrimLeft(word, "-")
	if len(name) == 1 {
		return "-" + name
	}
	return name
}

// splitOption splits an option that has its value in the same word.
func splitOption(word string) (key, value string, at int) {
	switch {
	case strings.HasPrefix(word, "-Xloggc:"):
		return "Xloggc", word[8:], 8
	case strings.HasPrefix(word, "-Xlog:"):
		return unifiedLog(word)
	case strings.HasPrefix(word, "-XX:"):
		return cutAt(word, 4, "=")
	case strings.HasPrefix(word, "-D") && strings.Contains(word, "="):
		return cutAt(word, 2, "=")
	}
	name := len(word) - len(strings.TrimLeft(word, "-"))
	return cutAt(word, name, "=")
}

func cutAt(word string, from int, sep string) (key, value string, at int) {
	k, v, ok := strings.Cut(word[from:], sep)
	if !ok {
		return "", "", 0
	}
	at = len(word) - len(v)
	if v != "" && (v[0] == '"' || v[0] == '\'') {
		v, at = strings.Trim(v, `"'`), at+1
	}
	return k, v, at
}

// unifiedLog reads -Xlog:gc*:file=/x:tags and -Xlog:gc*:/x:tags (Java 9 and later).
func unifiedLog(word string) (key, value string, at int) {
	i := strings.Index(word, "file=")
	if i += len("file="); i < len("file=") {
		if i = strings.Index(word, ":/") + 1; i == 0 {
			return "", "", 0
		}
	}
	value, _, _ = strings.Cut(word[i:], ":")
	return "Xlog", strings.Trim(value, `"`), i
}
