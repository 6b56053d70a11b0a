package rules

import (
	"fmt"
	"slices"
	"strings"
	"text/template/parse"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/validate"
)

// shortList is a list that lacks an item which a template takes.
type shortList struct {
	from string // the function that makes it; "" where that is not known
	key  string // what that asks for; "" where that is not known
	want int    // items that the template counts on; 0 where that is not known
}

// shortListOf is the list that a template goes beyond the end of, if that is why it
// fails.
func shortListOf(pair *validate.Pair, te *confd.TemplateError) (shortList, bool) {
	var list shortList
	if !strings.Contains(te.Err.Error(), "index out of range") {
		return list, false
	}
	vars := variablesIn(pair)
	eachTmplCall(pair, func(c tmplCall) {
		if c.name != "index" || len(c.args) != 2 || pair.Origin(pair.Syntax.Pos(c.node)) != te.Pos {
			return
		}
		if at, ok := c.args[1].(*parse.NumberNode); ok && at.IsInt {
			list.want = int(at.Int64) + 1
		}
		if call, ok := vars.lastCall(c.args[0]); ok {
			list.from, list.key = call.name, readOf(call)
			if value, ok := vars.partsOf(call); ok {
				list.key = readOf(value)
			}
		}
	})
	return list, true
}

// partsOf is the call whose value another one splits.
func (v variablesOf) partsOf(c tmplCall) (tmplCall, bool) {
	if c.name != "split" || len(c.args) != 2 {
		return tmplCall{}, false
	}
	return v.lastCall(c.args[0])
}

// verdict is why a template fails, and what would mend that where it is known.
type verdict struct {
	why, fix string
	guess    bool // what is missing is made up
}

// verdict says what there is too little of where o is rendered, in the platform's
// terms.
func (l shortList) verdict(p *validate.Package, at *validate.Rendering, o *validate.Output) verdict {
	parts := strings.Split(strings.Trim(l.key, "/"), "/")
	role, ofNodes := l.nodesOf(p, parts)
	link := l.link()
	switch {
	case l.key == "":
		return verdict{why: "the list has " + l.few("item")}
	case !covered(keyRead{Read: confd.Read{Func: l.from}, pair: o.Pair, parts: parts}):
		return verdict{why: fmt.Sprintf("%q is not among the keys of its resource", l.key)}
	case l.from == "split":
		return verdict{why: fmt.Sprintf("the value of %q has %s", l.key, l.few("part"))}
	case link != "" && linked(at, o, link):
		return verdict{why: fmt.Sprintf("the linked cluster %q is made up here, and %q has %s", link, l.key, l.few("item")), guess: true}
	case link != "":
		return verdict{why: fmt.Sprintf("link %q is not set", link), fix: l.ask()}
	case ofNodes && p.Spec.Role(role) == nil:
		return verdict{why: fmt.Sprintf("there is no role %q", role)}
	case ofNodes && parts[0] == "hosts":
		return verdict{why: fmt.Sprintf("role %q has %s", role, l.few("node")), fix: l.ask()}
	case ofNodes:
		return verdict{why: fmt.Sprintf("/%s has %s of role %q", parts[0], l.few("node"), role), fix: l.ask()}
	}
	return verdict{why: fmt.Sprintf("%q has %s", l.key, l.few("item"))}
}

// ask is how a template asks whether the first item is there; "" for another one,
// where there are several ways out.
func (l shortList) ask() string {
	name := l.from
	if name == "ls" {
		name = "lsdir" // ls may answer where nothing is
	}
	if l.want != 1 {
		return ""
	}
	return fmt.Sprintf("ask first: {{if %s %q}}", name, l.key)
}

// nodesOf is the named role whose nodes the list has one item of each.
func (l shortList) nodesOf(p *validate.Package, parts []string) (role string, ok bool) {
	if len(parts) < 2 || p.Spec.Role("") != nil || !slices.Contains(hostTrees(), parts[0]) || !literal(parts[1]) {
		return "", false
	}
	below := l.from == "ls" || l.from == "lsdir"
	return parts[1], below && len(parts) == 2 || !below && len(parts) == 4 && parts[2] == "*"
}

// link is the link that the list is of, if it is of one.
func (l shortList) link() string {
	name, ok := strings.CutPrefix(l.key, "/links/")
	if name, _, _ = strings.Cut(name, "/"); !ok || !literal(name) {
		return ""
	}
	return name
}

// linked reports whether o's node sees a linked cluster.
func linked(at *validate.Rendering, o *validate.Output, name string) bool {
	links, _ := at.Cluster.Self(o.Node)["links"].(map[string]any)
	return links[name] != nil
}

// few says that there are less of something than the template counts on.
func (l shortList) few(what string) string {
	switch l.want {
	case 0:
		return "too few " + what + "s"
	case 1:
		return "no " + what
	}
	return fmt.Sprintf("fewer than %d %ss", l.want, what)
}
