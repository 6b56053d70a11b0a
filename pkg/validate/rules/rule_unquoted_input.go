package rules

import (
	"context"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// unquotedInput finds text of the user's that a rendered script runs as a
// command: scripts are rendered with parameters that a shell would run, and
// parsed.
func unquotedInput() validate.Rule {
	return validate.NewRule("unquoted-input", validate.Warning, "A rendered script runs what the user types",
		func(ctx context.Context, p *validate.Package, r *validate.Reporter) error {
			pairs := shellPairs(p)
			if len(pairs) == 0 {
				return nil
			}
			seen := map[diag.Pos]bool{}
			for _, hostile := range []struct {
				value, how string
				severity   validate.Severity
			}{
				{"a; " + probe, "a blank or ; in it starts a command", validate.Warning},
				{"$(" + probe + ")", "$ and ` in it are evaluated by the shell", validate.Info},
			} {
				set := freeTexts(p, hostile.value)
				if len(set) == 0 {
					return nil
				}
				rendering := p.Try(ctx, validate.Scenario{Set: set}, pairs)
				if rendering == nil {
					continue
				}
				for _, o := range rendering.Outputs {
					for _, pos := range probes(p, o) {
						if !seen[pos] {
							seen[pos] = true
							r.At(pos, "what the user types becomes part of a script: %s", hostile.how).As(hostile.severity).In(oneRole(p, o.Pair)).
								WithFix("put it between single quotes, or into a here-document whose end is quoted (<<'EOF'); or give the parameter a pattern")
						}
					}
				}
			}
			return nil
		})
}

// probe is the name of a command that no script has.
const probe = "appimg-probe"

// shellPairs are the pairs that write scripts.
func shellPairs(p *validate.Package) []*validate.Pair {
	var out []*validate.Pair
	seen := map[*validate.Pair]bool{}
	for _, o := range outputs(p) {
		if !seen[o.Pair] && o.Err == nil && isShell(o.Pair.Resource.Dest, o.Content) {
			seen[o.Pair] = true
			out = append(out, o.Pair)
		}
	}
	return out
}

// freeTexts gives a value to every parameter that takes any text.
func freeTexts(p *validate.Package, value string) map[string]string {
	set := map[string]string{}
	for _, leaf := range p.App.Config.Leaves() {
		if strings.HasPrefix(leaf.Path, "env.") && (leaf.Type == "string" || leaf.Type == "password") && len(leaf.Range) == 0 && leaf.Pattern == "" {
			set[leaf.Path] = value
		}
	}
	return set
}

// probes are the places of the template where a probe became a command.
func probes(p *validate.Package, o *validate.Output) []diag.Pos {
	if o.Err != nil || !strings.Contains(o.Content, probe) {
		return nil
	}
	file, _ := p.Shell(o.Content)
	var out []diag.Pos
	eachCall(file, func(call *syntax.CallExpr) {
		if call.Args[0].Lit() == probe {
			out = append(out, o.OriginAt(int(call.Pos().Offset())))
		}
	})
	return out
}
