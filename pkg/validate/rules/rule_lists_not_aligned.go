package rules

import (
	"context"
	"path"
	"slices"
	"text/template/parse"

	"github.com/appimg/appimg/pkg/validate"
)

// listsNotAligned finds lists that are read side by side although each has an
// order of its own: getvs sorts by value, as text.
func listsNotAligned() validate.Rule {
	return validate.NewRule("lists-not-aligned", validate.Warning, "Two lists are read side by side, and their orders differ",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range p.Pairs() {
				if pair.Syntax == nil {
					continue
				}
				vars := variablesIn(pair)
				report := func(n parse.Node, format string, args ...any) *validate.Finding {
					return r.At(pair.Origin(pair.Syntax.Pos(n)), format, args...).In(oneRole(p, pair)).With(validate.Likely)
				}
				for _, tree := range pair.Syntax.Trees() {
					eachNode(tree.Root, func(n parse.Node) {
						if loop, ok := n.(*parse.RangeNode); ok && len(loop.Pipe.Decl) == 2 {
							sideBySide(vars, loop, report)
						}
					})
				}
				eachTmplCall(pair, func(c tmplCall) { textOrder(vars, c, report) })
			}
			return nil
		})
}

type reportAt func(n parse.Node, format string, args ...any) *validate.Finding

// sideBySide finds other lists that the body of a loop indexes by its counter.
func sideBySide(vars variablesOf, loop *parse.RangeNode, report reportAt) {
	over, ok := vars.lastCall(&parse.PipeNode{NodeType: parse.NodePipe, Cmds: loop.Pipe.Cmds})
	key, counter := readOf(over), loop.Pipe.Decl[0].Ident[0]
	if !ok || key == "" {
		return
	}
	eachNode(loop.List, func(n parse.Node) {
		cmd, ok := n.(*parse.CommandNode)
		if !ok || len(cmd.Args) != 3 {
			return
		}
		id, isFunc := cmd.Args[0].(*parse.IdentifierNode)
		at, isVar := cmd.Args[2].(*parse.VariableNode)
		if !isFunc || id.Ident != "index" || !isVar || at.Ident[0] != counter {
			return
		}
		other, ok := vars.lastCall(cmd.Args[1])
		if otherKey := readOf(other); ok && otherKey != "" && otherKey != key && (over.name == "getvs" || other.name == "getvs") {
			report(cmd, "%s %q and %s %q do not line up: getvs sorts by value, as text", over.name, key, other.name, otherKey).
				WithFix(`range over lsdir, and read both of each node: getv (printf "…/%%s/…" .)`)
		}
	})
}

// textOrder finds an item beyond the first of numbers that getvs sorts as text.
func textOrder(vars variablesOf, c tmplCall, report reportAt) {
	if c.name != "index" || len(c.args) != 2 {
		return
	}
	list, ok := vars.lastCall(c.args[0])
	at, isNumber := c.args[1].(*parse.NumberNode)
	numbers := []string{"sid", "gid", "cpu", "gpu", "memory", "volume_size"}
	if ok && list.name == "getvs" && isNumber && at.Text != "0" && slices.Contains(numbers, path.Base(readOf(list))) {
		report(c.node, "getvs %q is sorted as text: 10 comes before 2", readOf(list)).As(validate.Info)
	}
}
