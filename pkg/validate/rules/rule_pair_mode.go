package rules

import (
	"context"
	"regexp"
	"strconv"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// pairMode finds modes that are not what they look like: confd reads them as
// numbers of Go, so "644" is decimal.
func pairMode() validate.Rule {
	return validate.NewRule("pair-mode", validate.Error, "The mode of a pair is not what it looks like",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range read(p.Pairs()) {
				if pair.Resource.Mode != "" {
					checkMode(r, pair)
				}
			}
			return nil
		})
}

func checkMode(r *validate.Reporter, pair *validate.Pair) {
	mode, pos := pair.Resource.Mode, pair.Resource.Pos("mode")
	n, err := strconv.ParseUint(mode, 0, 32)
	octal, noOctal := strconv.ParseUint(mode, 8, 32)
	switch {
	case err != nil:
		f := r.At(pos, "mode %q is no octal number: confd refuses the pair", mode)
		if noOctal == nil {
			f.WithFix("mode = %q", "0"+mode).Repair = octalMode(pair)
		}
	case modern.MatchString(mode):
		r.At(pos, "mode %q is written as only newer Go reads it: the agent that the platform publishes refuses the pair", mode).As(validate.Warning).
			WithFix("mode = \"%04o\"", n)
	case noOctal == nil && n != octal:
		r.At(pos, "mode %q is a decimal number: the file gets %04o", mode, n&0o777).WithFix("mode = %q", "0"+mode).Repair = octalMode(pair)
	case n&^0o777 != 0:
		r.At(pos, "confd leaves setuid, setgid and sticky bits out: mode %q becomes %04o", mode, n&0o777).As(validate.Warning)
	case n&0o002 != 0:
		r.At(pos, "mode %q lets every user of the node write %s", mode, pair.Resource.Dest).As(validate.Warning).
			WithFix("mode = %q", "0"+strconv.FormatUint(n&^0o022, 8))
	case n&0o400 == 0:
		r.At(pos, "mode %q keeps even the owner from reading the file", mode).As(validate.Warning)
	}
}

// modern is how Go writes numbers since 1.13: 0o644, 0b110, 6_44.
var modern = lazyregexp.New(`(?i)^0[ob]|_`)

// octalMode puts a 0 in front of a pair's mode.
func octalMode(pair *validate.Pair) *validate.Repair {
	old := regexp.MustCompile(`(?mi)^(\s*mode\s*=\s*["'])` + regexp.QuoteMeta(pair.Resource.Mode) + `(["'])`)
	return &validate.Repair{File: pair.File, Apply: func(data []byte) ([]byte, error) {
		return old.ReplaceAll(data, []byte("${1}0"+pair.Resource.Mode+"$2")), nil
	}}
}
