package rules

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// noFunction is what Go says of a function that does not exist.
var noFunction = regexp.MustCompile(`^function "(\w+)" not defined$`)

// templateSyntax finds templates that do not parse, and calls of functions
// that do not exist.
func templateSyntax() validate.Rule {
	return validate.NewRule("template-syntax", validate.Error, "A template does not parse",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range p.Pairs() {
				if pair.ParseErr != nil {
					f := r.Fault(diag.Pos{File: pair.TemplateName(), Line: 1}, pair.ParseErr)
					if m := noFunction.FindStringSubmatch(f.Message); m != nil {
						f.DidYouMean(m[1], confd.FuncNames())
					}
					if strings.HasSuffix(f.Message, "unexpected EOF") && pair.Source != nil {
						openedAt(f, pair)
					}
				}
			}
			return nil
		})
}

// openedAt says which block of a template has no end.
func openedAt(f *validate.Finding, pair *validate.Pair) {
	text := string(pair.Source.Text)
	var open [][]int
	for _, m := range block.FindAllStringSubmatchIndex(text, -1) {
		if word := text[m[2]:m[3]]; word != "end" {
			open = append(open, m)
		} else if len(open) > 0 {
			open = open[:len(open)-1]
		}
	}
	if len(open) == 0 {
		return
	}
	last := open[len(open)-1]
	pos := pair.Origin(diag.At(pair.TemplateName(), text, last[0]))
	f.Message = fmt.Sprintf("{{%s}} of line %d has no {{end}}", text[last[2]:last[3]], pos.Line)
	f.Line, f.Col, f.EndLine, f.EndCol = pos.Line, pos.Col, 0, 0
	f.WithFix("put {{end}} where it is to end")
}

// block is the beginning of an action that opens or closes a block.
var block = regexp.MustCompile(`\{\{-?\s*(if|range|with|define|block|end)\b`)
