package docker

import (
	"errors"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/sh"
)

// Command is something that the scheduler runs in the image.
type Command struct {
	Name string // "start", "health_check", …
	Text string
	Pos  diag.Pos
}

// ShellFix is a command that needs bash, and why.
type ShellFix struct {
	Command Command
	Why     string
}

func hasBash(t *tree) bool {
	return slices.ContainsFunc([]string{"bin/bash", "usr/bin/bash", "usr/local/bin/bash"}, t.has)
}

// checkShell finds the commands that a POSIX sh would not run.
func checkShell(commands []Command) []ShellFix {
	var out []ShellFix
	for _, c := range commands {
		if why := needsBash(c.Text); why != "" {
			out = append(out, ShellFix{c, why})
		}
	}
	return out
}

// needsBash says what of text is not POSIX sh; "" if nothing is, or it is too
// long to tell.
func needsBash(text string) string {
	f, err := sh.Parse(text, syntax.LangPOSIX)
	if left := (*sh.Unparsed)(nil); errors.As(err, &left) {
		return ""
	}
	if err != nil {
		return strings.TrimPrefix(err.Error(), ":")
	}
	why := ""
	syntax.Walk(f, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			if len(n.Args) > 0 && why == "" {
				why = bashWord(n.Args)
			}
		case *syntax.Subshell:
			if at := int(n.Lparen.Offset()); at+1 < len(text) && text[at+1] == '(' && why == "" {
				why = "(( )) is two subshells in sh"
			}
		case *syntax.Stmt:
			if n.Background && followedByRedirect(text, n) && why == "" {
				why = "&> is two commands in sh"
			}
		}
		return why == ""
	})
	return why
}

// followedByRedirect recognises "cmd &> file", which POSIX reads as "cmd &" and "> file".
func followedByRedirect(text string, s *syntax.Stmt) bool {
	end := int(s.Semicolon.Offset())
	return s.Semicolon.IsValid() && end+1 < len(text) && text[end+1] == '>'
}

// bashWord names what of a simple command only bash has.
func bashWord(args []*syntax.Word) string {
	switch name := args[0].Lit(); name {
	case "[[", "source", "declare", "typeset", "function", "shopt", "pushd", "popd", "dirs", "let", "mapfile", "readarray", "disown", "enable", "complete", "select", "coproc":
		return name + " is only in bash"
	case "[", "test":
		if slices.ContainsFunc(args[1:], func(w *syntax.Word) bool { return w.Lit() == "==" }) {
			return name + " with == is only in bash"
		}
	}
	return ""
}
