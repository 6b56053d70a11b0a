package reader

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

var (
	log4jAppender = lazyregexp.New(`^log4j\.appender\.(\w+)`)
	log4jRoot     = lazyregexp.New(`(?m)^[ \t]*log4j\.root(?:Logger|Category)[ \t]*[=:]`)
	log4jVariable = lazyregexp.New(`(?m)^[ \t]*log4j\.root(?:Logger|Category)[ \t]*[=:][ \t]*\$\{`)
)

// attached leaves out of a log4j.properties what nothing writes to: appenders of no
// logger, and properties that nothing uses but those. Where the root logger may be
// given on a command line (it is a variable, and logs to no file by default), any
// appender may be its.
func attached(name, text string, all []Setting) []Setting {
	if base := strings.ToLower(path.Base(name)); !strings.Contains(base, "log4j") || !strings.HasSuffix(base, ".properties") || !log4jRoot.MatchString(text) {
		return all
	}
	loggers, files := loggersOf(text)
	used := func(appender string) bool { return slices.Contains(loggers, appender) }
	if log4jVariable.MatchString(text) && !slices.ContainsFunc(files, used) {
		return all
	}
	var rest strings.Builder // without the appenders that are not used
	for line := range strings.Lines(text) {
		if m := log4jAppender.FindStringSubmatch(strings.TrimSpace(line)); m == nil || used(m[1]) {
			rest.WriteString(line)
		}
	}
	return slices.DeleteFunc(all, func(s Setting) bool {
		if m := log4jAppender.FindStringSubmatch(s.Key); m != nil {
			return !used(m[1])
		}
		return !strings.HasPrefix(s.Key, "log4j.") && !strings.Contains(rest.String(), "${"+s.Key+"}")
	})
}

// loggersOf are the words of what is no appender's, among them the appenders that
// loggers have, and the appenders that have files.
func loggersOf(text string) (words, files []string) {
	for line := range strings.Lines(text) {
		body := strings.TrimSpace(line)
		if body == "" || isComment(body) {
			continue
		}
		if m := log4jAppender.FindStringSubmatch(body); m != nil {
			if strings.HasPrefix(body[len(m[0]):], ".File") {
				files = append(files, m[1])
			}
			continue
		}
		if i := strings.IndexAny(body, "=:"); i >= 0 {
			words = append(words, strings.FieldsFunc(body[i+1:], func(c rune) bool { return c == ',' || c == ' ' || c == '\t' })...)
		}
	}
	return words, files
}
