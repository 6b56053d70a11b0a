package rules

import (
	"context"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// secretInTemplate finds passwords that are written in a template: all clusters
// have the same.
func secretInTemplate() validate.Rule {
	return validate.NewRule("secret-in-template", validate.Info, "A secret is written in a template",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range read(p.Pairs()) {
				if pair.Source == nil {
					continue
				}
				text, offset := string(pair.Source.Text), 0
				for line := range strings.Lines(text) {
					if name, at := secretIn(line); name != "" {
						pos := diag.At(pair.TemplateName(), text, offset+at)
						r.At(pair.Origin(pos), "the value of %q is written here: every cluster has the same, and whoever has the image knows it", name).
							With(validate.Likely).In(oneRole(p, pair)).
							WithFix("let the user give it (type password), or make it in init and keep it on the volume")
					}
					offset += len(line)
				}
			}
			return nil
		})
}

// secretIn is the name of the secret that a line sets, and where in the line it
// stands; "" where it sets none.
func secretIn(line string) (name string, at int) {
	small := strings.ToLower(line)
	if !slices.ContainsFunc([]string{"pass", "pwd", "secret", "token", "key", "auth"}, func(part string) bool { return strings.Contains(small, part) }) {
		return "", 0 // as most, and the pattern takes its time
	}
	m := secretSetting.FindStringSubmatchIndex(line)
	if m == nil || !looksMade(line[m[4]:m[5]]) {
		return "", 0
	}
	return line[m[2]:m[3]], m[2]
}

// secretSetting is a line that sets a secret to a text, whichever the format:
// name = value, name: value, 'name' => 'value', requirepass value.
var secretSetting = lazyregexp.New(`(?i)^[ \t]*(?:export[ \t]+|-[ \t]+)?["']?([\w.-]*(?:` + strings.ReplaceAll(secretWords, "(", "(?:") + `))["']?` +
	`(?:[ \t]*(?:=>?|:)[ \t]*|[ \t]+)["']?([^\s"',;{}$<>%()]+)["']?[ \t]*[,;]?\s*$`)

// looksMade reports whether a text looks like a secret that someone made up or
// had made, and not like a name, a path, or a text that is to be replaced: nor like
// the password that a program is shipped with, which its users know to change.
func looksMade(text string) bool {
	letters, digits, others := 0, 0, 0
	for _, r := range text {
		switch {
		case unicode.IsLetter(r):
			letters++
		case unicode.IsDigit(r):
			digits++
		default:
			others++
		}
	}
	if len(text) < 6 || letters == 0 || digits == 0 || path.IsAbs(text) || strings.Contains(text, "://") {
		return false
	}
	return others <= letters+digits && !toReplace.MatchString(text)
}

var toReplace = lazyregexp.New(`(?i)change|replace|example|your|todo|xxx|\*\*\*|^[A-Z]:\\|^[A-Z0-9]+(_[A-Z0-9]+)+$|\.(pem|key|crt|jks|p12|txt|conf|json|properties)$|^[a-z]+[@!#._-]?12345?6?$`)
