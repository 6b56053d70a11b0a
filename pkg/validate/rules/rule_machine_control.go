package rules

import (
	"context"
	"path"
	"slices"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/validate"
)

// machineControl finds commands that stop or restart the machine: that is the
// platform's business.
func machineControl() validate.Rule {
	return validate.NewRule("machine-control", validate.Error, "A script stops or restarts its own machine",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			all := scripts(p)
			defined := functions(all)
			for _, s := range all {
				eachCall(s.file, func(call *syntax.CallExpr) {
					words := callWords(call)
					if !stopsMachine(words) || defined[words[0]] {
						return
					}
					f := r.At(s.pos(call), "%q stops or restarts the machine: the platform alone may do that", commandText(words)).In(s.role)
					if !s.sure {
						f.As(validate.Info).With(validate.Guess) // it may be one that makes the image
					}
				})
			}
			return nil
		})
}

func stopsMachine(words []string) bool {
	if len(words) == 0 {
		return false
	}
	one := func(list ...string) bool { return len(words) > 1 && slices.Contains(list, words[1]) }
	switch path.Base(words[0]) {
	case "halt", "poweroff", "reboot", "shutdown":
		return !one("--help", "--version") && (words[0] == path.Base(words[0]) || path.Base(path.Dir(words[0])) == "sbin")
	case "systemctl":
		return one("halt", "poweroff", "reboot", "kexec")
	case "init", "telinit":
		return one("0", "6") && (words[0] == path.Base(words[0]) || path.Base(path.Dir(words[0])) == "sbin")
	}
	return false
}

func commandText(words []string) string {
	text := words[0]
	for _, w := range words[1:min(len(words), 3)] {
		text += " " + w
	}
	return text
}
