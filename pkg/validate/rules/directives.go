package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// Formats of one directive a line. Told is only what each of their readers
// refuses, of any release: quotes that do not end, words that are too many or
// too few for a directive that always had the same.

// lineFault judges the lines of a file one by one; directive takes the words of
// a line that has any, and says what is wrong with them.
func lineFault(content string, words func(string) ([]string, error), directive func([]string) string) (int, string) {
	number := 0
	for line := range strings.Lines(content) {
		number++
		list, err := words(strings.TrimRight(line, "\r\n"))
		switch {
		case err != nil:
			return number, fmt.Sprintf("%v: %s", err, strings.TrimSpace(line))
		case len(list) == 0:
			continue
		}
		if why := directive(list); why != "" {
			return number, why + ": " + strings.TrimSpace(line)
		}
	}
	return 0, ""
}

// values are as many values in words.
func values(n int) string {
	if n == 1 {
		return "one value"
	}
	return fmt.Sprintf("%d values", n)
}

// isHAProxy reports whether a file is configuration of HAProxy, by its path.
func isHAProxy(dest string) bool {
	return path.Ext(dest) == ".cfg" && (strings.HasPrefix(path.Base(dest), "haproxy") || path.Base(path.Dir(dest)) == "haproxy")
}

const (
	haproxySections = "global defaults frontend backend listen peers mailers resolvers userlist program ring cache http-errors fcgi-app crt-store traces log-forward log-profile acme namespace_list"
	haproxyNamed    = "frontend backend listen peers mailers resolvers userlist"
	haproxyInside   = "log option balance daemon user group chroot pidfile stats nbproc nbthread errorfile http-request tcp-request http-check cookie"
)

// haproxyLeast is how many words follow a directive, at least.
func haproxyLeast(word, section string) int {
	switch word {
	case "bind", "mode", "maxconn", "default_backend", "use_backend", "retries":
		return 1
	case "timeout", "acl":
		return 2
	case "server":
		if section != "peers" { // there, one's own has none
			return 2
		}
	}
	return 0
}

// haproxyFault finds what haproxy -c refuses: a directive before the first
// section, sections without their name, directives without what they always need.
func haproxyFault(content string) (int, string) {
	section := ""
	return lineFault(content, haproxyWords, func(words []string) string {
		least := haproxyLeast(words[0], section)
		switch {
		case strings.HasPrefix(words[0], "."): // .if, .notice
			return ""
		case slices.Contains(strings.Fields(haproxySections), words[0]):
			section = words[0]
			if slices.Contains(strings.Fields(haproxyNamed), section) {
				least = 1
			}
		case section == "" && (least > 0 || slices.Contains(strings.Fields(haproxyInside), words[0])):
			return fmt.Sprintf("%q stands before the first section", words[0])
		}
		if len(words)-1 < least {
			return fmt.Sprintf("%q wants %s", words[0], values(least))
		}
		return ""
	})
}

// haproxyWords are the words of a line. A # that is not quoted begins a comment,
// also inside of a word.
func haproxyWords(line string) ([]string, error) {
	var s splitter
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && s.quote != '\'':
			i++
			s.in = true
		case s.quote != 0 && c == s.quote:
			s.quote = 0
		case s.quote != 0:
			s.put(c)
		case c == '"' || c == '\'':
			s.quote, s.in = c, true
		case c == '#':
			return s.end()
		case c == ' ' || c == '\t':
			s.next()
		default:
			s.put(c)
		}
	}
	return s.end()
}

// redisFile is how configuration of Redis is called.
var (
	redisFile  = lazyregexp.New(`^redis([_-]?(server|master|slave|replica|\d+))?\.conf$`)
	redisLines = lazyregexp.New(`(?m)^[ \t]*(port|bind|dir|daemonize|appendonly|maxmemory|requirepass|save|include|loadmodule|dbfilename)[ \t]`)
)

// redisExactly are the numbers of words that follow directives, the same in any release.
func redisExactly(word string) int {
	switch strings.ToLower(word) {
	case "port", "dir", "dbfilename", "appendfilename", "logfile", "pidfile", "requirepass", "masterauth", "maxmemory", "maxmemory-policy",
		"maxclients", "appendonly", "appendfsync", "daemonize", "timeout", "databases", "tcp-keepalive", "loglevel", "include":
		return 1
	case "slaveof", "replicaof", "rename-command":
		return 2
	}
	return -1
}

// redisFault finds what redis-server refuses to start with: quotes that do not
// end, and directives with too many words (a comment behind one) or too few.
func redisFault(content string) (int, string) {
	if !redisLines.MatchString(content) {
		return 0, "" // of another program that has to do with it
	}
	return lineFault(content, redisWords, func(words []string) string {
		switch exactly := redisExactly(words[0]); {
		case exactly < 0 || len(words)-1 == exactly:
			return ""
		case slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, "#") }):
			return "a comment stands behind a directive: Redis takes it for more words of that"
		default:
			return fmt.Sprintf("%q wants %s", words[0], values(exactly))
		}
	})
}

// redisWords are the words of a line; one that begins with # is a comment.
func redisWords(line string) ([]string, error) {
	if strings.HasPrefix(strings.TrimSpace(line), "#") {
		return nil, nil
	}
	var s splitter
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && (s.quote == '"' || s.quote == '\'' && strings.HasPrefix(line[i:], `\'`)):
			i++
			s.in = true
		case s.quote != 0 && c == s.quote:
			if s.quote = 0; i+1 < len(line) && !isSpace(line[i+1]) {
				return nil, fmt.Errorf("%q stands right behind a quote", line[i+1])
			}
		case s.quote != 0:
			s.put(c)
		case c == '"' || c == '\'':
			s.quote, s.in = c, true
		case isSpace(c):
			s.next()
		default:
			s.put(c)
		}
	}
	return s.end()
}

// splitter collects the words of a line.
type splitter struct {
	words []string
	word  []byte
	in    bool // a word, perhaps an empty one
	quote byte // that is open; 0: none
}

func (s *splitter) put(c byte) { s.word, s.in = append(s.word, c), true }

func (s *splitter) next() {
	if s.in {
		s.words = append(s.words, string(s.word))
	}
	s.word, s.in = s.word[:0], false
}

func (s *splitter) end() ([]string, error) {
	if s.quote != 0 {
		return nil, fmt.Errorf("a quote %c does not end", s.quote)
	}
	s.next()
	return s.words, nil
}
