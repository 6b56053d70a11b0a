package rules

import (
	"context"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// misspelt are words of two values, as fingers slip.
var misspelt = lazyregexp.New(`[=:]\s*"?\b(fasle|flase|falsse|fales|ture|treu|trrue|enabeld|disabeld|disbaled)\b"?\s*$`)

// misspeltWord finds true and false that are misspelt in what templates write.
func misspeltWord() validate.Rule {
	right := map[byte]string{'f': "false", 't': "true", 'e': "enabled", 'd': "disabled"}
	return validate.NewRule("misspelt-word", validate.Warning, "true or false is misspelt",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			seen := map[*validate.Pair]bool{}
			for _, o := range outputs(p) {
				if seen[o.Pair] || o.Err != nil {
					continue
				}
				seen[o.Pair] = true
				offset := 0
				for line := range strings.Lines(o.Content) {
					if m := misspelt.FindStringSubmatchIndex(strings.TrimRight(line, "\r\n")); m != nil {
						word := line[m[2]:m[3]]
						r.At(o.OriginAt(offset+m[2]), "%q is not a word that a program knows", word).WithFix("%s", right[word[0]])
					}
					offset += len(line)
				}
			}
			return nil
		})
}
