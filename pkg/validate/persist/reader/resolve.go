package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// variable matches ${name}, ${name:-other} and $name.
var variable = lazyregexp.New(`\$\{([\w.\-]+)(?::-?([^}]*))?\}|\$([A-Za-z_]\w*)`)

// resolve replaces variables by what the same file sets them to: properties of
// log4j and logback, set of nginx.
func resolve(all []Setting) []Setting {
	if !anyVariable(all) {
		return all
	}
	known, open := map[string]string{}, map[string]string{}
	for _, s := range all {
		to := known
		if strings.Contains(s.Value, "$") {
			to = open // the value of one may begin with another
		}
		to[s.Key] = s.Value
		to[strings.TrimPrefix(s.Key, "property.")] = s.Value
		to[s.Key[strings.LastIndexByte(s.Key, '.')+1:]] = s.Value
	}
	get := func(name string) (string, bool) { v, ok := known[name]; return v, ok }
	also := func(name string) (string, bool) {
		if v, ok := known[name]; ok {
			return v, ok
		}
		v, ok := open[name]
		return v, ok && !strings.Contains(v, name)
	}
	for i := range all {
		all[i].Value = Expand(Expand(all[i].Value, also), get)
	}
	return all
}

func anyVariable(all []Setting) bool {
	for _, s := range all {
		if strings.Contains(s.Value, "$") {
			return true
		}
	}
	return false
}

// lookups are what log4j can look names up in.
var lookups = map[string]bool{"sys": true, "env": true, "ctx": true, "main": true, "bundle": true, "java": true, "web": true, "spring": true, "date": true, "k8s": true, "docker": true, "log4j": true}

// Expand replaces the variables of a value that get knows, or that bring a
// value for the case that they are not set; the others stay.
func Expand(value string, get func(name string) (string, bool)) string {
	if !strings.Contains(value, "$") {
		return value
	}
	return variable.ReplaceAllStringFunc(value, func(match string) string {
		m := variable.FindStringSubmatch(match)
		if v, ok := get(m[1] + m[3]); ok {
			return v
		}
		other := m[2]
		if lookups[m[1]] { // ${sys:name}, ${env:NAME:-other} of log4j
			name, otherwise, _ := strings.Cut(m[2], ":")
			if v, ok := get(name); ok {
				return v
			}
			other = strings.TrimPrefix(otherwise, "-")
		}
		if other != "" {
			return other
		}
		return match
	})
}
