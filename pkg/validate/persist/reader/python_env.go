package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// pyEnvCall matches what asks the environment for a variable, with what counts where it is
// not set: os.environ of the language, env of django-environ, config of decouple.
var pyEnvCall = lazyregexp.New(`\b(?:(?:os\.)?environ\.get|(?:os\.)?getenv|env(?:\.(?:str|path))?|config)\([ \t]*["'](\w+)["'][ \t]*(?:,[ \t]*(?:default[ \t]*=[ \t]*)?["']([^"'${}]*)["'][ \t]*)?\)|\b(?:os\.)?environ\[["'](\w+)["']\]`)

// environment puts texts in the place of variables of the environment: ${NAME:-other},
// for those who know what a role's environment has; else what counts where nothing is set.
func (p *pyReader) environment(expr string) string {
	if !strings.Contains(expr, "env") && !strings.Contains(expr, "config(") {
		return expr
	}
	return pyEnvCall.ReplaceAllStringFunc(expr, func(call string) string {
		m := pyEnvCall.FindStringSubmatch(call)
		name, other := m[1]+m[3], m[2]
		switch {
		case p.plain && other == "":
			return call
		case p.plain:
			return `"` + other + `"`
		}
		id := "__env_" + name
		p.constants[id] = "${" + name + "}"
		if other != "" {
			p.constants[id] = "${" + name + ":-" + other + "}"
		}
		return id
	})
}

// Unset reports whether a path hangs on a variable of the environment that nothing sets.
func Unset(value string) bool { return strings.HasPrefix(value, "${") }
