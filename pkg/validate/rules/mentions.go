package rules

import (
	"path"
	"regexp"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// mentions are the words of all files that may use a name: all but the app's
// own JSON, its translations and documents.
type mentions struct {
	texts  []string
	tokens map[string]bool // runs of letters, digits, and "_", ".", "-"
	joined string          // the tokens, one a line
	words  map[string]bool // what "." and "-" leave of the tokens
	folded map[string]bool // the tokens in small letters
	budget int             // bytes that may still be searched
}

// maxSearched bounds how much is searched for names that are no token. What is
// not looked for counts as there.
const maxSearched = 1 << 30

func mentionsOf(p *validate.Package) *mentions {
	type key struct{}
	return validate.Keep(p, key{}, func() *mentions {
		m := &mentions{tokens: map[string]bool{}, words: map[string]bool{}, folded: map[string]bool{}, budget: maxSearched}
		for _, f := range p.Files() {
			if text, ok := p.Text(f.Path); ok && mayUse(p, f) {
				m.add(usedText(p, f.Path, text))
			}
		}
		var joined strings.Builder
		for token := range m.tokens {
			joined.WriteString(token)
			joined.WriteByte('\n')
		}
		m.joined = joined.String()
		return m
	})
}

// mayUse reports whether a file can use a name: the app's own JSON defines it,
// resources list what templates use; documents and appimg.toml talk about it.
func mayUse(p *validate.Package, f *validate.File) bool {
	resource := path.Ext(f.Rel) == ".toml" && path.Base(path.Dir(f.Rel)) == "conf.d"
	return f.Path != p.App.ConfigFile && f.Path != p.App.ClusterFile && !isLocale(p, f.Path) && !resource &&
		path.Ext(f.Rel) != ".md" && path.Base(f.Rel) != app.ManifestName
}

var (
	remark = lazyregexp.New(`(?m)^[ \t]*#.*$`)
	given  = lazyregexp.New(`(?m)^([ \t]*)([A-Za-z_][\w.-]*)([ \t]*[=: ][ \t]*["']?\{\{-?[^}\n]*"/env/([\w.-]+)")`)
)

// usedText is what a file may use: of a script not the lines that only talk; of
// a template not the names of settings that get another parameter's value. Other
// files are as they are, # may mean anything there.
func usedText(p *validate.Package, file, text string) string {
	switch {
	case isSource(p, file):
		return given.ReplaceAllStringFunc(text, func(line string) string {
			m := given.FindStringSubmatch(line)
			if m[2] == m[4] {
				return line
			}
			return m[1] + m[3]
		})
	case strings.HasPrefix(text, "#!"), isShell(file, text):
		return remark.ReplaceAllString(text, "")
	}
	return text
}

func (m *mentions) add(text string) {
	m.texts = append(m.texts, text)
	start := -1
	for i := 0; i <= len(text); i++ {
		if i < len(text) && isTokenByte(text[i]) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			m.token(text[start:i])
			start = -1
		}
	}
}

func (m *mentions) token(token string) {
	if m.tokens[token] {
		return
	}
	m.tokens[token] = true
	m.folded[strings.ToLower(token)] = true
	for _, word := range strings.FieldsFunc(token, func(r rune) bool { return r == '.' || r == '-' }) {
		m.words[word] = true
	}
}

func isTokenByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-'
}

func isToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

// has reports whether name stands somewhere, also within a longer word.
func (m *mentions) has(name string) bool {
	if m.tokens[name] {
		return true
	}
	where := m.texts
	if isToken(name) {
		where = []string{m.joined}
	}
	for _, text := range where {
		if m.budget -= len(text); m.budget < 0 || strings.Contains(text, name) {
			return true
		}
	}
	return false
}

// hasWord reports whether word stands somewhere as a word of its own.
func (m *mentions) hasWord(word string) bool {
	if isToken(word) && !strings.ContainsAny(word, ".-") {
		return m.words[word]
	}
	whole := regexp.MustCompile(`\b` + regexp.QuoteMeta(word) + `\b`)
	for _, text := range m.texts {
		if m.budget -= len(text); m.budget < 0 || whole.MatchString(text) {
			return true
		}
	}
	return false
}

// hasPart reports whether word stands somewhere as a word of its own, or as
// one that others are put together from: "cpu_", "_user", also in capitals.
func (m *mentions) hasPart(word string) bool {
	for _, w := range []string{word, word + "_", "_" + word, strings.ToUpper(word), strings.ToLower(word)} {
		if m.hasWord(w) {
			return true
		}
	}
	return false
}

// mentioned reports whether a file other than the app's own JSON has the word:
// a command may get it in another way.
func mentioned(p *validate.Package, word string) bool {
	return !p.Complete() || mentionsOf(p).has(word)
}

func isLocale(p *validate.Package, file string) bool {
	for _, path := range p.App.Locale {
		if path == file {
			return true
		}
	}
	return false
}
