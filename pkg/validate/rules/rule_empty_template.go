package rules

import (
	"context"
	"strings"
	"text/template/parse"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// emptyTemplate finds templates that can only write an empty file.
func emptyTemplate() validate.Rule {
	return validate.NewRule("empty-template", validate.Warning, "An empty template overwrites its destination with nothing",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range p.Pairs() {
				if pair.Template == nil || !isEmpty(pair) {
					continue
				}
				f := r.At(diag.Pos{File: pair.Source.Files()[0], Line: 1}, "the template is empty: %s is overwritten with nothing", pair.Resource.Dest)
				f.Path = pair.Resource.Dest
				f.WithFix("fill it, or remove the pair")
			}
			return nil
		})
}

// isEmpty reports whether nothing but white space and comments stands in it.
func isEmpty(pair *validate.Pair) bool {
	for _, tree := range pair.Syntax.Trees() {
		for _, n := range tree.Root.Nodes {
			if text, ok := n.(*parse.TextNode); !ok || strings.TrimSpace(string(text.Text)) != "" {
				return false
			}
		}
	}
	return true
}
