package rules

import (
	"context"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// noFunction is what Go says of a function that does not exist.
var noFunction = lazyregexp.New(`^function "(\w+)" not defined$`)

// templateSyntax finds templates that do not parse, and calls of functions
// that do not exist.
func templateSyntax() validate.Rule {
	return validate.NewRule("template-syntax", validate.Error, "A template does not parse",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range p.Pairs() {
				if pair.ParseErr != nil && !openBlock(r, pair) {
					f := r.Fault(diag.Pos{File: pair.TemplateName(), Line: 1}, pair.ParseErr)
					if m := noFunction.FindStringSubmatch(f.Message); m != nil {
						f.DidYouMean(m[1], confd.FuncNames())
						if slices.Contains([]string{"atoi", "int", "parseInt"}, m[1]) {
							f.WithFix("leave %s out: the arithmetic and the comparisons of confd read numbers from text", m[1]).Repair = nil
						}
					}
				}
			}
			return nil
		})
}

// openBlock reports the block that has no end, where that is what keeps a
// template from being parsed: Go says only that the text ends.
func openBlock(r *validate.Reporter, pair *validate.Pair) bool {
	if pair.Source == nil || !strings.HasSuffix(validate.Plain(pair.ParseErr), "unexpected EOF") {
		return false
	}
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
		return false
	}
	last := open[len(open)-1]
	pos := pair.Origin(diag.At(pair.TemplateName(), text, last[0]))
	r.At(pos, "{{%s}} has no {{end}}", text[last[2]:last[3]]).WithFix("put {{end}} where it is to end")
	return true
}

// block is the beginning of an action that opens or closes a block.
var block = lazyregexp.New(`\{\{-?\s*(if|range|with|define|block|end)\b`)
