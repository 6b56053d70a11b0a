package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// EnvUse is a variable of the environment in a program in JavaScript.
type EnvUse struct {
	Name   string
	Below  string // what path.join adds to it
	Offset int
}

// envUse matches process.env.NAME and process.env['NAME'], with the words that path.join
// or path.resolve puts behind it.
var envUse = lazyregexp.New(`process\.env(?:\.([A-Z][A-Z0-9_]*)|\[["']([A-Z][A-Z0-9_]*)["']\])\s*((?:,\s*(?:'[\w./\-]+'|"[\w./\-]+"))*)`)

// joining matches the begin of a call that joins paths.
var joining = lazyregexp.New(`path\.(?:join|resolve)\(\s*$`)

// EnvUses are the variables that a program takes out of its environment, where each stands
// first. Comments do not count, nor what says how a program runs (NODE_ENV).
func EnvUses(text string) []EnvUse {
	var out []EnvUse
	seen := map[string]bool{"NODE_ENV": true}
	for _, m := range envUse.FindAllStringSubmatchIndex(text, 200) {
		name := group(text, m, 1) + group(text, m, 2)
		line := text[strings.LastIndexByte(text[:m[0]], '\n')+1 : m[0]]
		if seen[name] || strings.Contains(line, "//") || strings.HasPrefix(strings.TrimSpace(line), "*") {
			continue
		}
		seen[name] = true
		use := EnvUse{Name: name, Offset: m[0]}
		if words := group(text, m, 3); words != "" && joining.MatchString(line) {
			for _, w := range strings.Split(words, ",")[1:] {
				use.Below += "/" + strings.Trim(strings.TrimSpace(w), `"'`)
			}
		}
		out = append(out, use)
	}
	return out
}

func group(text string, m []int, i int) string {
	if m[2*i] < 0 {
		return ""
	}
	return text[m[2*i]:m[2*i+1]]
}
