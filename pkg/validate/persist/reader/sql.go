package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// sqlPlace matches what a statement says of a file of the server: the words before
// it, and the file in quotes.
var sqlPlace = lazyregexp.New(`(?i)(\b(?:to[ \t]+disk|to[ \t]+file|filepath|filename|into[ \t]+outfile|into[ \t]+dumpfile|data[ \t]+directory|index[ \t]+directory|add[ \t]+datafile|datafile|` +
	`attach(?:[ \t]+database)?|backup[ \t]+to|spool|copy[ \t][^;']*?\bto|tablespace[ \t][^;']*?\blocation|directory[ \t]+\S+[ \t]+as)|\.(?:backup|output|once)(?:[ \t]+main)?)[ \t]*(?:=[ \t]*)?N?['"]([^'"\n]+)['"]`)

// sqlSet matches a variable of the server that is set: SET GLOBAL x = '/y', ALTER
// SYSTEM SET x TO '/y'.
var sqlSet = lazyregexp.New(`(?i)\bset[ \t]+(?:global[ \t]+|persist[ \t]+|@@global\.)?(\w+)[ \t]*(?:=|[ \t]to[ \t])[ \t]*['"]([^'"\n]+)['"]`)

// readSQL reads the files that statements make the server write: audits, copies,
// exports, the files of databases. The key is sql. and the words before the file.
func readSQL(text string) []Setting {
	var out []Setting
	for _, m := range sqlPlace.FindAllStringSubmatchIndex(text, maxSettings) {
		if inSQLComment(text, m[0]) {
			continue
		}
		key := "sql." + strings.Join(sqlWords(text[m[2]:m[3]]), "_")
		if strings.Contains(strings.ToLower(statement(text, m[0])), "tempdb") {
			continue // made anew at each start
		}
		if p := (Setting{Key: key, Value: text[m[4]:m[5]], Offset: m[4], Write: true}); IsPath(p.Value) {
			out = append(out, p)
		}
	}
	for _, m := range sqlSet.FindAllStringSubmatchIndex(text, maxSettings) {
		if !inSQLComment(text, m[0]) {
			out = append(out, settings(text[m[2]:m[3]], text[m[4]:m[5]], m[4])...)
		}
	}
	return out
}

// sqlWords are the words that tell: the first, and the last where there are more.
func sqlWords(text string) []string {
	all := strings.Fields(strings.ToLower(strings.TrimPrefix(text, ".")))
	if len(all) > 2 {
		return []string{all[0], all[len(all)-1]}
	}
	return all
}

// statement is what stands between the semicolons around an offset.
func statement(text string, at int) string {
	from := strings.LastIndexByte(text[:at], ';') + 1
	if end := strings.IndexByte(text[at:], ';'); end >= 0 {
		return text[from : at+end]
	}
	return text[from:]
}

// inSQLComment reports whether an offset lies behind -- on its line, or in a block
// comment.
func inSQLComment(text string, at int) bool {
	line := text[strings.LastIndexByte(text[:at], '\n')+1 : at]
	return strings.Contains(line, "--") || strings.HasPrefix(strings.TrimSpace(line), "#") || strings.LastIndex(text[:at], "/*") > strings.LastIndex(text[:at], "*/")
}
