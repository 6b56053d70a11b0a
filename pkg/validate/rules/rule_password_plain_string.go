package rules

import (
	"context"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// secretName is how properties are called that hold secrets.
var secretName = lazyregexp.New(`(?i)(^|[a-z0-9._-])(password|passwd|passphrase|pwd|secret|secret[._-]?key|secret[._-]?access[._-]?key|private[._-]?key|access[._-]?token|requirepass|masterauth)$`)

// passwordPlainString finds secrets whose type lets the console show them.
func passwordPlainString() validate.Rule {
	return validate.NewRule("password-plain-string", validate.Warning, "A secret is a plain string",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, leaf := range p.App.Config.Leaves() {
				if leaf.Type == "string" && len(leaf.Range) <= 1 && secretName.MatchString(leaf.Key) {
					r.At(leaf.Pos, "%q is a secret by its name, and of type string: the console shows it to everyone", leaf.Path).
						With(validate.Likely).WithFix(`"type": "password"`)
				}
			}
			return nil
		})
}
