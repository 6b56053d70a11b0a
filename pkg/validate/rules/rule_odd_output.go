package rules

import (
	"context"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// oddOutput finds what templates print where they did not mean to: numbers
// with an exponent, values that are not there, Go's marks of a wrong verb.
func oddOutput() validate.Rule {
	odd := []struct {
		may     func(content string) bool // false where the pattern cannot match: it is slow
		pattern *lazyregexp.Regexp
		why     string
		fix     string
	}{
		{hasExponent, lazyregexp.New(`\b\d(\.\d+)?e[+-]\d\d\b`), "a number with an exponent, which most programs do not read as a whole number",
			"let no operand have a dot, and avoid max and min, which always give a float; or print it with printf"},
		{func(s string) bool { return strings.Contains(s, "<n") }, lazyregexp.New(`<no value>|<nil>`), "what is printed for a value that is not there", "test for it with if or with"},
		{func(s string) bool { return strings.Contains(s, "%!") }, lazyregexp.New(`%!\w?\([^)]*\)?`), "Go's mark for a verb that does not fit its value", "let the verb of printf fit: %v fits all"},
	}
	return validate.NewRule("odd-output", validate.Warning, "A rendered file has what no author writes",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			type place struct {
				pair *validate.Pair
				kind int
			}
			seen := map[place]bool{}
			for _, o := range distinct(p) {
				for kind, x := range odd {
					if seen[place{o.Pair, kind}] || !x.may(o.Content) {
						continue
					}
					at := x.pattern.FindStringIndex(o.Content)
					if at == nil || strings.Contains(string(o.Pair.Source.Text), o.Content[at[0]:at[1]]) || chosenBy(o.on.Spec, o.Content[at[0]:at[1]]) {
						continue
					}
					if elsewhere(p, o.on, o.Output, func(other *validate.Output) bool { return other.Err == nil && !x.pattern.MatchString(other.Content) }) {
						continue
					}
					seen[place{o.Pair, kind}] = true
					f := r.At(o.OriginAt(at[0]), "%s has %q on node %s %s: %s", o.Pair.Resource.Dest, o.Content[at[0]:at[1]],
						o.Node.Name(), describe(o.on.Scenario), x.why)
					f.In(oneRole(p, o.Pair)).WithFix("%s", x.fix).Path = o.Pair.Resource.Dest
				}
			}
			return nil
		})
}

// chosenBy reports whether a parameter has the text: then it is the user's.
func chosenBy(spec *app.Spec, text string) bool {
	for _, role := range spec.Roles {
		if slices.ContainsFunc(spec.EnvOf(role), func(p app.Param) bool { return strings.Contains(p.Value, text) }) {
			return true
		}
	}
	return false
}

// hasExponent reports whether e+ or e- stands between digits.
func hasExponent(s string) bool {
	for at := 1; at < len(s)-2; at++ {
		if s[at] == 'e' && (s[at+1] == '+' || s[at+1] == '-') && isDigit(s[at-1]) && isDigit(s[at+2]) {
			return true
		}
	}
	return false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
