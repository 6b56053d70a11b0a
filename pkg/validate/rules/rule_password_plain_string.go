package rules

import (
	"context"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// secretWords end the names of settings that hold secrets.
const secretWords = `password|passwd|passphrase|pwd|secret|secret[._-]?key|secret[._-]?access[._-]?key|private[._-]?key|api[._-]?key|` +
	`(api|auth|access|bearer|bot|admin|root|bootstrap|refresh)[._-]?token|requirepass|masterauth`

var (
	// secretName is how properties are called that hold secrets.
	secretName = lazyregexp.New(`(?i)((^|[a-z0-9._-])(` + secretWords + `)|^token)$`)
	// accessKey may be a secret, or the name of one that stands beside it.
	accessKey = lazyregexp.New(`(?i)access[._-]?key$`)
)

// passwordPlainString finds secrets whose type lets the console show them.
func passwordPlainString() validate.Rule {
	return validate.NewRule("password-plain-string", validate.Warning, "A secret is a plain string",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.App.Config == nil {
				return nil
			}
			eachGroup(p.App.Config.Properties, func(siblings []*app.Property) {
				for _, leaf := range siblings {
					if !leaf.Group() && leaf.Type == "string" && len(leaf.Range) <= 1 && isSecret(leaf, siblings) {
						r.At(leaf.Pos, "%q is a secret by its name, and of type string: the console shows it to everyone", leaf.Path).
							With(validate.Likely).WithFix(`"type": "password"`)
					}
				}
			})
			return nil
		})
}

// isSecret reports whether a property holds a secret, by its name: an access key
// does where no other of its siblings is the secret to it.
func isSecret(p *app.Property, siblings []*app.Property) bool {
	if !accessKey.MatchString(p.Key) || strings.Contains(strings.ToLower(p.Key), "secret") {
		return secretName.MatchString(p.Key)
	}
	return !slices.ContainsFunc(siblings, func(other *app.Property) bool {
		return other != p && secretName.MatchString(other.Key) && strings.Contains(strings.ToLower(other.Key), "secret")
	})
}
