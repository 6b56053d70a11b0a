package rules

import (
	"context"
	"fmt"
	"slices"
	"text/template/parse"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// needsNewerConfd finds what the agent that the platform publishes, a build of
// Go 1.11, refuses or evaluates differently.
func needsNewerConfd() validate.Rule {
	return validate.NewRule("needs-newer-confd", validate.Info, "The platform's own agent does not take a construct",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			severity := validate.Info
			if m := p.App.Manifest; m != nil && (m.Agent.Source == "official" || m.Agent.Source == "base") {
				severity = validate.Error
			}
			for _, pair := range p.Pairs() {
				if pair.Syntax == nil {
					continue
				}
				newer(p, pair, func(pos diag.Pos, what string) {
					r.At(pair.Origin(pos), "%s: the agent that the platform publishes is built with Go 1.11 and does not take it", what).
						As(severity).In(oneRole(p, pair))
				})
			}
			return nil
		})
}

var (
	elseWith   = lazyregexp.New(`\{\{-?\s*else\s+with\b`)
	longLine   = lazyregexp.New("\\{\\{-?[ \\t\\r\\n]*[^/ \\t\\r\\n}`-][^}`]*\n[^}`]*\\}\\}")
	arithmetic = []string{"add", "sub", "mul", "div", "mod"}
)

// newer tells the constructs of a template that came after Go 1.11.
func newer(p *validate.Package, pair *validate.Pair, tell func(diag.Pos, string)) {
	text := string(pair.Source.Text)
	if pair.Template == nil {
		text = "" // where its actions end is not sure
	}
	for _, at := range elseWith.FindAllStringIndex(text, -1) {
		tell(diag.At(pair.TemplateName(), text, at[0]), "{{else with}} (Go 1.23)")
	}
	for _, at := range longLine.FindAllStringIndex(text, -1) {
		tell(diag.At(pair.TemplateName(), text, at[0]), "an action over several lines (Go 1.16)")
	}
	for _, tree := range pair.Syntax.Trees() {
		eachNode(tree.Root, func(n parse.Node) {
			if what := newerNode(p, pair, n); what != "" {
				tell(pair.Syntax.Pos(n), what)
			}
		})
	}
}

func newerNode(p *validate.Package, pair *validate.Pair, n parse.Node) string {
	switch n := n.(type) {
	case *parse.BreakNode:
		return "{{break}} (Go 1.18)"
	case *parse.ContinueNode:
		return "{{continue}} (Go 1.18)"
	case *parse.RangeNode:
		if isNumber(n.Pipe) {
			return "{{range}} over a number (Go 1.22)"
		}
	case *parse.CommandNode:
		if name, key := lateFailure(p, pair, n); key != "" {
			return fmt.Sprintf("{{%s}} that stops before getv %q, which fails where the key is absent (Go 1.18)", name, key)
		}
	}
	return ""
}

func isNumber(pipe *parse.PipeNode) bool {
	last := pipe.Cmds[len(pipe.Cmds)-1].Args[0]
	switch n := last.(type) {
	case *parse.NumberNode:
		return true
	case *parse.IdentifierNode:
		return slices.Contains(arithmetic, n.Ident)
	case *parse.PipeNode:
		return isNumber(n)
	}
	return false
}

// lateFailure is the key that a later argument of and, or reads without a
// default and that may be absent: Go 1.11 evaluates all arguments.
func lateFailure(p *validate.Package, pair *validate.Pair, cmd *parse.CommandNode) (name, key string) {
	id, ok := cmd.Args[0].(*parse.IdentifierNode)
	if !ok || id.Ident != "and" && id.Ident != "or" || len(cmd.Args) < 3 {
		return "", ""
	}
	for _, arg := range cmd.Args[2:] {
		eachNode(arg, func(n parse.Node) {
			call, ok := n.(*parse.CommandNode)
			if !ok || len(call.Args) != 2 {
				return
			}
			f, isFunc := call.Args[0].(*parse.IdentifierNode)
			k, isText := call.Args[1].(*parse.StringNode)
			if isFunc && isText && (f.Ident == "getv" || f.Ident == "get") && mayBeAbsent(p, pair, k.Text) {
				name, key = id.Ident, k.Text
			}
		})
	}
	return name, key
}

// mayBeAbsent reports whether a key is absent on some node: the parameters of
// the roles, and what every node and cluster has, are there.
func mayBeAbsent(p *validate.Package, pair *validate.Pair, key string) bool {
	for _, rendering := range p.Renderings() {
		for _, o := range rendering.Outputs {
			if o.Pair == pair && !o.Has(key) {
				return true
			}
		}
	}
	return false
}

// eachNode visits n and what is below it.
func eachNode(n parse.Node, visit func(parse.Node)) {
	visit(n)
	branch := func(b *parse.BranchNode) {
		eachNode(b.Pipe, visit)
		eachNode(b.List, visit)
		if b.ElseList != nil {
			eachNode(b.ElseList, visit)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, item := range n.Nodes {
			eachNode(item, visit)
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.ActionNode:
		eachNode(n.Pipe, visit)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			eachNode(n.Pipe, visit)
		}
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			eachNode(c, visit)
		}
	case *parse.CommandNode:
		for _, a := range n.Args {
			eachNode(a, visit)
		}
	case *parse.ChainNode:
		eachNode(n.Node, visit)
	}
}
