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
				tell := func(n syntax.Node, what string) {
					f := r.At(s.pos(n), "%q stops or restarts the machine: the platform alone may do that", what).In(s.role)
					if !s.sure {
						f.As(validate.Info).With(validate.Guess) // it may be one that makes the image
					}
				}
				eachCall(s.file, func(call *syntax.CallExpr) {
					if words := callWords(call); stopsMachine(words) && (!defined[words[0]] || isInit(words) && !functions([]*script{s})[words[0]]) {
						tell(call, commandText(words))
					}
				})
				eachRedirect(s.file, func(redirect *syntax.Redirect) {
					if redirect.Word != nil && constant(redirect.Word) == "/proc/sysrq-trigger" {
						tell(redirect, "/proc/sysrq-trigger")
					}
				})
			}
			return nil
		})
}

// isInit reports whether a call is init with a run level. Scripts have functions
// of this name, and give them no such word.
func isInit(words []string) bool { return words[0] == "init" || words[0] == "telinit" }

// eachRedirect visits every redirection of a script.
func eachRedirect(file *syntax.File, visit func(*syntax.Redirect)) {
	if file == nil {
		return
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		if redirect, ok := n.(*syntax.Redirect); ok {
			visit(redirect)
		}
		return true
	})
}

func stopsMachine(words []string) bool {
	if len(words) == 0 {
		return false
	}
	if path.Base(words[0]) == "busybox" && len(words) > 1 {
		words = words[1:]
	}
	one := func(list ...string) bool { return len(words) > 1 && slices.Contains(list, words[1]) }
	switch path.Base(words[0]) {
	case "halt", "poweroff", "reboot", "shutdown":
		return !one("--help", "--version") && (words[0] == path.Base(words[0]) || path.Base(path.Dir(words[0])) == "sbin")
	case "systemctl":
		target := func(word string) bool {
			return slices.Contains([]string{"poweroff.target", "reboot.target", "halt.target", "rescue.target"}, word)
		}
		return one("halt", "poweroff", "reboot", "kexec") || one("isolate", "start") && slices.ContainsFunc(words, target)
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
