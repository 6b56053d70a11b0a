package rules

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode"

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
			told := map[diag.Pos]bool{}
			for _, h := range hostiles() {
				set := freeTexts(p, h)
				if len(set) == 0 {
					return nil
				}
				rendering := p.Try(ctx, validate.Scenario{Set: set}, pairs)
				if rendering == nil {
					continue
				}
				for _, o := range rendering.Outputs {
					for _, run := range probes(p, o) {
						if !told[run.pos] {
							told[run.pos] = true
							reportRun(p, r, o.Pair, h, run)
						}
					}
				}
			}
			return nil
		})
}

// hostile is a text that a user may type, with the name of the parameter, and
// how a shell comes to run it.
type hostile struct {
	format, how string
	severity    validate.Severity
}

func hostiles() []hostile {
	return []hostile{
		{"a; " + probe + " %s", "a blank or ; in it starts a command", validate.Warning},
		{"$(" + probe + " %s)", "$ and ` in it are evaluated by the shell", validate.Info},
	}
}

// probeRun is a place of a template where the text of a parameter becomes a
// command.
type probeRun struct {
	pos   diag.Pos
	param string
}

// reportRun reports a place; those of one template that are alike are told as
// one.
func reportRun(p *validate.Package, r *validate.Reporter, pair *validate.Pair, h hostile, run probeRun) {
	type alike struct {
		pair      *validate.Pair
		file, how string
		severity  validate.Severity
	}
	f := r.At(run.pos, "").As(h.severity).In(oneRole(p, pair))
	if prop := p.App.Config.Lookup("env." + run.param); prop != nil && prop.Type == "password" {
		f.As(validate.Warning) // good ones have such characters
	}
	f.WithFix("put it between single quotes, or into a here-document whose end is quoted (<<'EOF'); or give the parameter a pattern")
	f.Together(alike{pair, run.pos.File, h.how, f.Severity}, strconv.Quote(run.param), func(params []string) string {
		return fmt.Sprintf("what the user types for %s becomes part of a script: %s", strings.Join(params, ", "), h.how)
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

// freeTexts gives a hostile value to every parameter that takes any text.
func freeTexts(p *validate.Package, h hostile) map[string]string {
	set := map[string]string{}
	for _, leaf := range p.App.Config.Leaves() {
		if strings.HasPrefix(leaf.Path, "env.") && (leaf.Type == "string" || leaf.Type == "password") && len(leaf.Range) == 0 && leaf.Pattern == "" {
			set[leaf.Path] = fmt.Sprintf(h.format, strings.TrimPrefix(leaf.Path, "env."))
		}
	}
	return set
}

// probes are the places of the template where a probe became a command.
func probes(p *validate.Package, o *validate.Output) []probeRun {
	if o.Err != nil || !strings.Contains(o.Content, probe) {
		return nil
	}
	file, _ := p.Shell(o.Content)
	var out []probeRun
	eachCall(file, func(call *syntax.CallExpr) {
		if call.Args[0].Lit() == probe {
			pos := int(call.Pos().Offset())
			out = append(out, probeRun{o.OriginAt(pos), probed(o.Content[pos:])})
		}
	})
	return out
}

// probed is the parameter that a probe names, at the beginning of text. What
// the template puts right behind it is no part of a name.
func probed(text string) string {
	name := strings.TrimPrefix(text, probe+" ")
	end := strings.IndexFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_.-", r)
	})
	if end >= 0 {
		name = name[:end]
	}
	return name
}
