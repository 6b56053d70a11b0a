package rules

import (
	"context"
	"strconv"

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
		f := r.At(pos, "mode %q is no number: confd refuses the pair", mode)
		if noOctal == nil {
			f.WithFix("mode = %q", "0"+mode)
		}
	case noOctal == nil && n != octal:
		r.At(pos, "mode %q is a decimal number: the file gets %04o", mode, n&0o777).WithFix("mode = %q", "0"+mode)
	case n&^0o777 != 0:
		r.At(pos, "confd leaves setuid, setgid and sticky bits out: mode %q becomes %04o", mode, n&0o777).As(validate.Warning)
	case n&0o002 != 0:
		r.At(pos, "mode %q lets every user of the node write %s", mode, pair.Resource.Dest).As(validate.Warning).
			WithFix("mode = %q", "0"+strconv.FormatUint(n&^0o022, 8))
	case n&0o400 == 0:
		r.At(pos, "mode %q keeps even the owner from reading the file", mode).As(validate.Warning)
	}
}
