package rules

import (
	"context"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/validate"
)

// forOverString finds loops over one quoted command: it is not run, and the
// loop turns once, with the text of the command.
func forOverString() validate.Rule {
	return validate.NewRule("for-over-string", validate.Warning, "A loop goes over the text of a command, not over its output",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, s := range scripts(p) {
				if s.file == nil {
					continue
				}
				syntax.Walk(s.file, func(n syntax.Node) bool {
					if loop, ok := n.(*syntax.WordIter); ok && len(loop.Items) == 1 && quotedCommand(loop.Items[0]) {
						text := constant(loop.Items[0])
						r.At(s.pos(loop.Items[0]), "the loop turns once, with the text %q: the command is not run", text).In(s.role).
							WithFix("for %s in $(%s)", loop.Name.Value, text)
					}
					return true
				})
			}
			return nil
		})
}

// quotedCommand reports whether a word is one quoted text with blanks in it.
func quotedCommand(w *syntax.Word) bool {
	if len(w.Parts) != 1 {
		return false
	}
	switch w.Parts[0].(type) {
	case *syntax.DblQuoted, *syntax.SglQuoted:
		text := constant(w)
		first, rest, ok := strings.Cut(text, " ")
		return ok && first != "" && strings.TrimSpace(rest) != ""
	}
	return false
}
