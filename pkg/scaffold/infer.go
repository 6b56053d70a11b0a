package scaffold

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

var secretName = lazyregexp.New(`(?i)(pass|passwd|password|passphrase|secret|token|credential|requirepass|masterauth|api_?key|secret_?key)$`)

// maxExact is the greatest integer that every JSON reader keeps (2^53).
const maxExact = 1 << 53

// inferEnv is the parameter that a setting becomes. Its default renders to the
// very bytes that stand in the file, so a type other than string is only taken
// where it writes the value in the same way. A secret has no default: the file's
// is not to be published with the app.
func inferEnv(name, key, value, file string) (Env, error) {
	if !utf8.ValidString(value) {
		return Env{}, fmt.Errorf("the value of %q is not UTF-8", key)
	}
	e := Env{Name: name, Type: "string", Default: &value, Description: fmt.Sprintf("%s in %s", key, file)}
	switch {
	case secretName.MatchString(name) || secretName.MatchString(key):
		e.Type, e.Default = "password", nil
	case value == "true" || value == "false":
		e.Type = "boolean"
	case value == "yes" || value == "no":
		e.Range = []string{"yes", "no"}
	case value == "on" || value == "off":
		e.Range = []string{"on", "off"}
	case isInteger(value):
		e.Type = "integer"
	case isNumber(value):
		e.Type = "number"
	}
	return e, nil
}

func isInteger(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && n <= maxExact && n >= -maxExact && strconv.FormatInt(n, 10) == text
}

// isNumber takes plain decimals only: confd prints numbers without an exponent.
func isNumber(text string) bool {
	f, err := strconv.ParseFloat(text, 64)
	return err == nil && f < maxExact && f > -maxExact && strconv.FormatFloat(f, 'f', -1, 64) == text && text != "-0"
}
