package rules

import (
	"context"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

var fetching = lazyregexp.New(`\b(curl|wget)\b[^|;&]*\bmetadata\b`)

// fetchesMetadata reports whether a text has a command that asks the metadata server.
func fetchesMetadata(text string) bool {
	return strings.Contains(text, "metadata") && fetching.MatchString(text)
}

// evalMetadata finds scripts that run what the metadata server answers: every
// parameter of the user's becomes a command.
func evalMetadata() validate.Rule {
	return validate.NewRule("eval-metadata", validate.Warning, "A script runs metadata as commands",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, s := range scripts(p) {
				if s.file == nil || !fetchesMetadata(s.text) {
					continue
				}
				fetched := fetchedNames(s)
				tell := func(n syntax.Node, what string) {
					r.At(s.pos(n), "%s runs what the metadata server answers: a parameter with ; or $( ) becomes a command", what).
						In(s.role).WithFix("read the value into a variable, or write it by a template")
				}
				eachCall(s.file, func(call *syntax.CallExpr) {
					words := callWords(call)
					if len(words) > 0 && runsText(words) && fetches(s, fetched, call) {
						tell(call, words[0])
					}
				})
				syntax.Walk(s.file, func(n syntax.Node) bool {
					if pipe, ok := n.(*syntax.BinaryCmd); ok && pipe.Op == syntax.Pipe && slices.Contains([]string{"sh", "bash"}, path.Base(firstWord(pipe.Y))) &&
						fetchesMetadata(source(s.text, pipe.X)) {
						tell(pipe, firstWord(pipe.Y))
					}
					return true
				})
			}
			return nil
		})
}

// runsText reports whether a command runs the text that it is given.
func runsText(words []string) bool {
	switch path.Base(words[0]) {
	case "eval", "source", ".":
		return true
	case "sh", "bash":
		return len(words) > 1 && words[1] == "-c"
	}
	return false
}

// fetchedNames are the variables that a script sets to what the metadata server
// answers.
func fetchedNames(s *script) map[string]bool {
	out := map[string]bool{}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if a, ok := n.(*syntax.Assign); ok && a.Name != nil && a.Value != nil && fetchesMetadata(source(s.text, a.Value)) {
			out[a.Name.Value] = true
		}
		return true
	})
	return out
}

// fetches reports whether the arguments of a call are what the metadata server
// answers.
func fetches(s *script, names map[string]bool, call *syntax.CallExpr) bool {
	found := false
	for _, arg := range call.Args[1:] {
		syntax.Walk(arg, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.ParamExp:
				found = found || n.Param != nil && names[n.Param.Value]
			case *syntax.CmdSubst, *syntax.ProcSubst:
				found = found || fetchesMetadata(s.text[n.Pos().Offset():n.End().Offset()])
			case *syntax.SglQuoted:
				return false // the inner shell expands it, into a value of its own
			}
			return true
		})
	}
	return found
}
