package rules

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// oddComparison finds comparisons whose answer is not what they look like. The
// platform's confd has its own eq, ne, gt, ge, lt and le: texts that look like
// numbers are numbers there.
func oddComparison() validate.Rule {
	return validate.NewRule("odd-comparison", validate.Warning, "A comparison of a template does not say what it looks like",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range p.Pairs() {
				if pair.Syntax == nil {
					continue
				}
				c := comparisons{p: p, pair: pair, vars: variablesIn(pair)}
				eachTmplCall(pair, func(call tmplCall) {
					if slices.Contains([]string{"eq", "ne", "gt", "ge", "lt", "le"}, call.name) {
						c.check(r, call)
					}
				})
				for _, read := range readsOf(pair) {
					if read.Func == "exists" && read.Literal && folder(p, read.parts) {
						r.Span(read.pos, read.end(p), "exists %q is always false: it knows values, and this is a folder", read.Key).
							In(oneRole(p, pair)).WithFix("ask what is in it: {{if lsdir %q}}", read.Key)
					}
				}
			}
			return nil
		})
}

// folder reports whether the platform's metadata has no value at a path, but
// others below it: a tree of nodes, one role of it, one node; a link.
func folder(p *validate.Package, parts []string) bool {
	switch {
	case p.Spec == nil:
		return false
	case slices.Contains(hostTrees(), parts[0]):
		return len(parts) <= fieldAt(p)
	case parts[0] == "links":
		return len(parts) <= 2
	}
	return false
}

type comparisons struct {
	p    *validate.Package
	pair *validate.Pair
	vars variablesOf
}

func (c comparisons) check(r *validate.Reporter, call tmplCall) {
	report := func(format string, args ...any) *validate.Finding {
		return r.At(c.pair.Origin(c.pair.Syntax.Pos(call.node)), format, args...).In(oneRole(c.p, c.pair))
	}
	if n := len(call.args); n != 2 {
		report("%s takes two values and gets %d: rendering fails here (confd's %s is not Go's)", call.name, n, call.name).
			As(validate.Error).WithFix("compare one by one: or (%s $x \"a\") (%s $x \"b\")", call.name, call.name)
		return
	}
	for i, arg := range call.args {
		other := call.args[1-i]
		if b, ok := boolean(arg); ok && c.isText(other) && (call.name == "eq" || call.name == "ne") {
			answer := map[string]string{"eq": "false", "ne": "true"}[call.name]
			report("%s compares a text with the truth value %t: it is always %s", call.name, b, answer).WithFix(`put it between quotes: "%t"`, b)
		}
	}
	if why := c.surprise(call); why != "" {
		report("%s", why)
	}
}

// boolean is the constant true or false.
func boolean(n parse.Node) (value, ok bool) {
	if pipe, isPipe := n.(*parse.PipeNode); isPipe && len(pipe.Cmds) == 1 && len(pipe.Cmds[0].Args) == 1 {
		n = pipe.Cmds[0].Args[0]
	}
	b, ok := n.(*parse.BoolNode)
	return ok && b.True, ok
}

// isText reports whether a value is surely a text.
func (c comparisons) isText(n parse.Node) bool {
	if _, ok := n.(*parse.StringNode); ok {
		return true
	}
	call, ok := c.vars.lastCall(n)
	return ok && slices.Contains([]string{"getv", "getenv", "base", "dir", "join", "replace", "toUpper", "toLower", "printf", "print"}, call.name)
}

// surprise is why a comparison of a parameter with a constant answers for one
// of the parameter's values what its author does not mean; "" if it does not.
func (c comparisons) surprise(call tmplCall) string {
	for i, arg := range call.args {
		constant, isText := arg.(*parse.StringNode)
		number, isNumber := arg.(*parse.NumberNode)
		if !isText && !isNumber {
			continue
		}
		text := ""
		if isText {
			text = constant.Text
		} else {
			text = number.Text
		}
		read, ok := c.vars.lastCall(call.args[1-i])
		if !ok || read.name != "getv" {
			continue
		}
		for _, value := range c.valuesOf(readOf(read)) {
			if why := misjudged(call.name, value, text); why != "" {
				return fmt.Sprintf("%s %s: %s", strings.TrimPrefix(readOf(read), "/env/"), call.name, why)
			}
		}
	}
	return ""
}

// valuesOf are the values that a parameter can have, as far as they are listed.
func (c comparisons) valuesOf(key string) []string {
	name, ok := strings.CutPrefix(key, "/env/")
	if !ok || c.p.Spec == nil {
		return nil
	}
	param, ok := envKeys(c.p, c.p.RolesOf(c.pair.Image))[name]
	if !ok {
		return nil
	}
	return listed(param)
}

// listed are the values of a parameter's range, and its default.
func listed(param app.Param) []string {
	out := []string{param.Value}
	if param.Property != nil {
		for _, v := range param.Property.Range {
			out = append(out, v.Text)
		}
	}
	return out
}

var versionLike = lazyregexp.New(`^\d+(\.\d+)+$`)

// misjudged is how confd sees a and b otherwise than a reader does.
func misjudged(op, a, b string) string {
	if op == "eq" || op == "ne" {
		if x, isNumber := asNumber(a); isNumber && a != b {
			if y, isNumber := asNumber(b); isNumber && x == y && (strings.Contains(a, ".") || strings.Contains(b, ".")) {
				return fmt.Sprintf("confd takes %q and %q for one number", a, b)
			}
		}
		return ""
	}
	x, errA := strconv.ParseFloat(a, 64)
	y, errB := strconv.ParseFloat(b, 64)
	switch {
	case versionLike.MatchString(a) && versionLike.MatchString(b):
		less := x < y
		if errA != nil || errB != nil {
			less = weigh(a, x, errA, b, y, errB)
		}
		if a != b && less != (compareVersions(a, b) < 0) {
			return fmt.Sprintf("confd puts version %q and %q in the wrong order", a, b)
		}
	case errA != nil && errB == nil && a != "":
		return fmt.Sprintf("%q is no number, and counts 0 beside %s", a, b)
	}
	return ""
}

// weigh reports whether a is less than b where one of them is no number.
func weigh(a string, x float64, errA error, b string, y float64, errB error) bool {
	if errA != nil && errB != nil {
		return a < b
	}
	return x < y
}

// asNumber is a text as eq sees it.
func asNumber(s string) (float64, bool) {
	if strings.Contains(s, ".") {
		f, err := strconv.ParseFloat(s, 64)
		return f, err == nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return float64(n), err == nil
}

// compareVersions compares dotted numbers part by part.
func compareVersions(a, b string) int {
	numbers := func(s string) []int {
		var out []int
		for _, part := range strings.Split(s, ".") {
			n, _ := strconv.Atoi(part) // digits, by versionLike
			out = append(out, n)
		}
		return out
	}
	return slices.Compare(numbers(a), numbers(b))
}
