package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// Piece is a path in a longer value.
type Piece struct {
	Path   string
	Offset int  // in the value
	Later  bool // words stand before it
}

// Pieces are the paths that a value consists of: one, a list with commas or
// colons, or the first words of an nginx or apache directive.
func Pieces(value string) []Piece {
	var out []Piece
	array := strings.HasPrefix(value, "(") || strings.HasPrefix(value, "[")
	for i, word := range words(value) {
		if strings.HasPrefix(word.Path, "#") {
			break
		}
		word.Later = i > 0 && !array
		if strings.HasPrefix(word.Path, "|") { // a program that reads it
			word.Path = word.Path[1:]
			word.Offset++
			if program, rest, ok := strings.Cut(word.Path, " "); ok {
				for _, inner := range words(rest) {
					out = append(out, list(Piece{inner.Path, word.Offset + len(program) + 1 + inner.Offset, true})...)
				}
			}
			continue
		}
		if strings.ContainsAny(word.Path, " \t") && !IsPath(word.Path) {
			for _, inner := range words(strings.NewReplacer(`"`, " ", `'`, " ").Replace(word.Path)) { // a command in quotes
				out = append(out, list(Piece{inner.Path, word.Offset + inner.Offset, true})...)
			}
			continue
		}
		out = append(out, list(word)...)
	}
	return out
}

// words splits at white space, outside of quotes.
func words(value string) []Piece {
	var out []Piece
	start, quote := -1, byte(0)
	for i := 0; i <= len(value); i++ {
		end := i == len(value) || quote == 0 && strings.IndexByte(" \t;\r\n", value[i]) >= 0
		switch {
		case end && start >= 0:
			out = append(out, unquote(Piece{Path: value[start:i], Offset: start}))
			start = -1
		case end:
		case start < 0:
			start = i
		}
		if i < len(value) && !end {
			quote = nextQuote(quote, value[i])
		}
	}
	return out
}

func nextQuote(quote, c byte) byte {
	switch {
	case quote == 0 && (c == '"' || c == '\''):
		return c
	case quote == c:
		return 0
	}
	return quote
}

// unquote takes quotes and brackets of arrays away from both ends.
func unquote(p Piece) Piece {
	for p.Path != "" && strings.IndexByte(`"'[(`, p.Path[0]) >= 0 {
		p.Path, p.Offset = p.Path[1:], p.Offset+1
	}
	p.Path = strings.TrimRight(p.Path, `"'])`)
	return p
}

// list splits a word that lists paths: /a,/b or /a:/b.
func list(word Piece) []Piece {
	var out []Piece
	at := word.Offset
	for _, part := range strings.Split(word.Path, ",") {
		if p, ok := asPath(unquote(Piece{part, at, word.Later})); ok || strings.Contains(part, ";/") {
			out = append(out, colons(p)...)
		}
		at += len(part) + 1
	}
	return out
}

func colons(p Piece) []Piece {
	sep := ":"
	if strings.Contains(p.Path, ";/") { // php: sessions in folders of this depth
		sep = ";"
	}
	if !strings.Contains(p.Path, sep+"/") || len(p.Path) > 1 && p.Path[1] == ':' {
		return []Piece{p}
	}
	var out []Piece
	at := p.Offset
	for _, part := range strings.Split(p.Path, sep) {
		if one, ok := asPath(Piece{part, at, p.Later}); ok {
			out = append(out, one)
		}
		at += len(part) + 1
	}
	return out
}

// asPath is a path of this machine, without what some programs write before it.
func asPath(p Piece) (Piece, bool) {
	for _, prefix := range []string{"file://", "file:", "FILE:", "append:", "truncate:", "path=", "maildir:", "mbox:", "daemon:", "stdio:", "-/"} {
		if strings.HasPrefix(p.Path, prefix) {
			cut := len(strings.TrimSuffix(prefix, "/"))
			if prefix == "file://" {
				cut = len(prefix)
			}
			p.Path, p.Offset = p.Path[cut:], p.Offset+cut
		}
	}
	return p, IsPath(p.Path)
}

// IsPath reports whether text looks like an absolute path: of Unix, of Windows,
// or one that begins with a variable.
func IsPath(text string) bool {
	switch {
	case len(text) < 2 || len(text) > 1000 || strings.ContainsAny(text, "\n<>|*?\x00") || strings.HasPrefix(text, "//"):
		return false
	case text[0] == '/':
		return true
	case text[0] == '$' && strings.Contains(text, "/"), strings.HasPrefix(text, "~/"):
		return true
	case len(text) > 2 && text[1] == ':' && (text[2] == '\\' || text[2] == '/'):
		return text[0]|0x20 >= 'a' && text[0]|0x20 <= 'z'
	}
	return text[0] == '$' && (text[1] == '{' || isWord(text[1:]))
}

// IsBelowHome reports whether text looks like a relative path to something kept:
// it begins with a folder whose name says so, or with the folder that the program runs in.
func IsBelowHome(text string) bool {
	below, said := strings.CutPrefix(text, "./")
	first, rest, _ := strings.Cut(below, "/")
	switch first {
	case "data", "log", "logs", "var", "db", "store", "storage":
	default:
		if rest = below; !said || rest == "" {
			return false
		}
	}
	return !strings.ContainsAny(rest, " \t\n,;:$<>|*?\\\"'(){}") && !strings.Contains(rest, "..")
}

// IsPlainLog reports whether text is the name of a log, without a folder: server-slow.log.
func IsPlainLog(text string) bool {
	name, ok := strings.CutSuffix(text, ".log")
	return ok && name != "" && !strings.ContainsAny(name, " \t\n,;:$<>|*?\\\"'(){}/%")
}

func isWord(text string) bool {
	for _, c := range text {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return text != ""
}

// lowerOption matches an option without its dashes, as lists of arguments have them:
// audit-log-path=/x.
var lowerOption = lazyregexp.New(`^["']?([a-z][a-z0-9]*(?:-[a-z0-9]+)+)=(/[\w./\-]+)["']?$`)

// unquoted is what stands in the quotes that a value begins with, and where; else the value.
func unquoted(value string) (text string, at int) {
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		if end := strings.IndexByte(value[1:], value[0]); end >= 0 {
			return value[1 : 1+end], 1
		}
	}
	return value, 0
}

// logBelow matches a log that is relative, with its format: CustomLog "logs/x.log" combined.
var logBelow = lazyregexp.New(`^["']?([\w./\-]+)["']?[ \t]+(?:\w+|"[^"]*")$`)

// settings are the settings that a value at offset makes: options if it is a
// command line, else its paths.
func settings(key, value string, offset int) []Setting {
	if isArchive(key) {
		return archived(key, value, offset)
	}
	if text, at := unquoted(value); IsBelowHome(text) && (at == 0 || strings.HasPrefix(text, "./")) { // log_directory = 'log' lies with the data
		return []Setting{{Key: key, Value: text, Offset: offset + at}}
	}
	if m := logBelow.FindStringSubmatchIndex(value); m != nil && strings.HasSuffix(strings.ToLower(key), "log") && IsBelowHome(value[m[2]:m[3]]) {
		return []Setting{{Key: key, Value: value[m[2]:m[3]], Offset: offset + m[2]}}
	}
	if text, at := unquoted(value); IsPlainLog(text) {
		return []Setting{{Key: key, Value: text, Offset: offset + at}}
	}
	if !strings.ContainsAny(value, `/\$`) {
		return nil
	}
	if m := lowerOption.FindStringSubmatchIndex(value); m != nil {
		return []Setting{{Key: key + "." + value[m[2]:m[3]], Value: value[m[4]:m[5]], Offset: offset + m[4]}}
	}
	var out []Setting
	if s, ok := Embedded(value); ok {
		s.Offset += offset
		return []Setting{s}
	}
	if options := Options(value); len(options) > 0 && !strings.HasSuffix(key, "_command") {
		for _, s := range options {
			s.Of = key
			s.Offset += offset
			out = append(out, s)
		}
		return out
	}
	for _, p := range Pieces(value) {
		out = append(out, Setting{Key: key, Value: p.Path, Offset: offset + p.Offset, Later: p.Later})
	}
	return out
}
