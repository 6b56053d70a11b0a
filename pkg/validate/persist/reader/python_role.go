package reader

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// PythonFor is the text of a program for one role of several: what it does for others alone,
// and what its tables have for them, is blank, so that all else stands where it did.
func PythonFor(text, role string, roles []string) string {
	p := &pyRole{role: role, truths: map[string]truth{}, compared: map[string][]string{}, holds: map[string]bool{}, listed: map[string]bool{}}
	for _, r := range roles {
		if r != "" && (strings.Contains(text, `"`+r+`"`) || strings.Contains(text, `'`+r+`'`) || strings.Contains(text, "is_"+r+"()")) {
			p.roles = append(p.roles, r)
		}
	}
	if len(p.roles) == 0 || len(text) > maxProgram {
		return text
	}
	p.survey(text)
	p.out = []byte(text)
	offset := 0
	for line := range strings.Lines(text) {
		p.line(strings.TrimRight(line, "\r\n"), offset)
		offset += len(line)
	}
	p.ownEntries(text)
	p.unused(text)
	return string(p.out)
}

// maxProgram bounds the programs that are asked what they do for a role, in bytes.
const maxProgram = 256 << 10

// maxCondition bounds a condition, in bytes.
const maxCondition = 1000

type truth int

const (
	unknown truth = iota
	yes
	no
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

func (t truth) not() truth {
	switch t {
	case yes:
		return no
	case no:
		return yes
	}
	return unknown
}

// pyRole goes through a program for one role.
type pyRole struct {
	role     string
	roles    []string            // those that the program names
	compared map[string][]string // what it compares with roles' names
	holds    map[string]bool     // variables that have the role, or the file with it
	listed   map[string]bool     // variables that go through lists
	truths   map[string]truth    // of variables, and of functions that return one
	asks     string              // the function whose first line comes next
	blocks   []pyWay
	over     bool // the program has ended
	out      []byte
}

// pyWay is a statement with others below it.
type pyWay struct {
	indent int
	body   bool // of a function
	sure   bool // it is run, if what is around it is
	maybe  bool // it, or a branch before it, may be taken
	done   bool // it, or a branch before it, is sure to be
	dead   bool // the role does not come here
}

var (
	pyCompares = lazyregexp.New(`([A-Za-z_][\w.]*(?:\[\w*\])?)[ \t]*[!=]=[ \t]*["']([\w.\-]+)["']`)
	pyHead     = lazyregexp.New(`^(if|elif|else|def|for|while|with|try|except|finally|class)\b[ \t]*(.*?):[ \t]*(.*)$`)
	pyHolds    = lazyregexp.New(`^([A-Za-z_][\w.]*)[ \t]*=[ \t]*([^=].*)$`)
	pyLeaves   = lazyregexp.New(`^(?:return\b|(?:sys\.)?exit\(|os\._exit\(|raise SystemExit)`)
	pyChoice   = lazyregexp.New(`(?:=|\breturn\b)[ \t]*(.+?)[ \t]+if[ \t]+(.+?)[ \t]+else[ \t]+(.+)$`)
	pyListed   = lazyregexp.New(`\bfor[ \t]+([\w, \t()]+?)[ \t]+in\b`)
	pyRoleFile = lazyregexp.New(`(?i)\bopen\([^)\n]*(?:role|node_?type)[^)\n]*\)[ \t]*as[ \t]+(\w+)`)
	pyRoleName = lazyregexp.New(`(?i)role|node_?type`)
	pyOfOther  = lazyregexp.New(`(?i)^(\w+)(?:\.|\[["']|\.get\(["'])\w*(?:role|node_?type)\w*(?:["'].*)?$`)
	pyEqual    = lazyregexp.New(`^(.+?)[ \t]*([!=])=[ \t]*(.+)$`)
	pyAmong    = lazyregexp.New(`^(.+?)[ \t]+(not[ \t]+)?in[ \t]+([(\[{].*[)\]}])$`)
	pyAsking   = lazyregexp.New(`^(?:self\.)?([A-Za-z_]\w*)(?:\([ \t]*\))?$`)
	pyWords    = lazyregexp.New(`["']([^"']*)["']`)
)

// survey finds what the program compares with roles' names, and what has one thing after the
// other.
func (p *pyRole) survey(text string) {
	for _, m := range pyCompares.FindAllStringSubmatch(text, 200) {
		if slices.Contains(p.roles, m[2]) && !slices.Contains(p.compared[m[1]], m[2]) {
			p.compared[m[1]] = append(p.compared[m[1]], m[2])
		}
	}
	for _, m := range pyListed.FindAllStringSubmatch(text, 200) {
		for _, name := range pyWord.FindAllString(m[1], 10) {
			p.listed[name] = true
		}
	}
	for _, m := range pyRoleFile.FindAllStringSubmatch(text, 20) {
		p.holds[m[1]] = true
	}
}

// isRole reports whether an expression is the role of the node that the program runs on: its
// names say so, or it is compared with several roles.
func (p *pyRole) isRole(expr string) bool {
	expr = strings.TrimSpace(expr)
	first := pyWord.FindString(expr)
	if m := pyOfOther.FindStringSubmatch(expr); m != nil && !isOwn(m[1]) {
		return false
	}
	return !p.listed[first] && (pyRoleName.MatchString(expr) || p.holds[first] || p.holds[pyName.FindString(expr)] || len(p.compared[expr]) > 1)
}

// isOwn reports whether what an object has is the program's own, and not that of a user, or of
// another node.
func isOwn(object string) bool {
	switch strings.ToLower(object) {
	case "self", "args", "opts", "options", "config", "conf", "cfg", "settings", "env", "environ":
		return true
	}
	return strings.ToUpper(object) == object // a constant: NODE["role"]
}

func (p *pyRole) line(line string, offset int) {
	body := strings.TrimSpace(line)
	if body == "" || body[0] == '#' {
		return
	}
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	m := pyHead.FindStringSubmatch(body)
	p.leave(indent, m)
	if m != nil {
		p.head(m[1], m[2], indent)
	}
	asks := p.asks
	if !strings.HasPrefix(body, `"""`) { // what says what the function is for
		p.asks = ""
	}
	if m != nil && m[1] == "def" {
		p.asks, _, _ = strings.Cut(m[2], "(")
	}
	switch {
	case p.dead():
		p.blank(offset, offset+len(line))
	case m != nil && m[3] != "" && m[3][0] != '#': // if …: return
		p.statement(m[3])
	case m == nil:
		p.statement(body)
		p.choose(line, offset)
		if cond, ok := strings.CutPrefix(body, "return "); ok && asks != "" {
			p.truths[asks] = p.ask(cond)
		}
	}
}

// leave ends the blocks that a line stands behind; elif and else belong to an if before them.
func (p *pyRole) leave(indent int, head []string) {
	goesOn := head != nil && (head[1] == "elif" || head[1] == "else")
	for n := len(p.blocks); n > 0; n-- {
		if last := p.blocks[n-1]; last.indent < indent || last.indent == indent && goesOn {
			return
		}
		p.blocks = p.blocks[:n-1]
	}
}

// head begins a block, or the next branch of one.
func (p *pyRole) head(word, cond string, indent int) {
	var before pyWay
	if n := len(p.blocks); n > 0 && p.blocks[n-1].indent == indent {
		before = p.blocks[n-1]
		p.blocks = p.blocks[:n-1]
	}
	met := unknown
	switch word {
	case "if", "elif":
		met = p.ask(cond)
	case "else", "with", "try":
		met = yes
	}
	p.blocks = append(p.blocks, pyWay{
		indent: indent, body: word == "def",
		sure:  met == yes && !before.maybe,
		maybe: before.maybe || met == unknown,
		done:  before.done || met == yes,
		dead:  before.done || met == no,
	})
}

func (p *pyRole) dead() bool {
	return p.over || slices.ContainsFunc(p.blocks, func(w pyWay) bool { return w.dead })
}

// statement notes a variable that has the answer of a condition, and where the function, or
// the program, is sure to end.
func (p *pyRole) statement(body string) {
	if m := pyHolds.FindStringSubmatch(body); m != nil {
		p.truths[m[1]], p.holds[m[1]] = p.ask(m[2]), p.isRole(m[2])
	}
	if !pyLeaves.MatchString(body) {
		return
	}
	n := len(p.blocks)
	for n > 0 && p.blocks[n-1].sure && !p.blocks[n-1].body {
		n--
	}
	switch {
	case n == len(p.blocks): // below no condition: it ends there anyway
	case n == 0:
		p.over = true
	case p.blocks[n-1].body:
		p.blocks[n-1].dead = true
	}
}

// choose blanks the side of a conditional expression that is not the role's.
func (p *pyRole) choose(line string, offset int) {
	m := pyChoice.FindStringSubmatchIndex(line)
	if m == nil {
		return
	}
	switch p.ask(line[m[4]:m[5]]) {
	case yes:
		p.blank(offset+m[3], offset+m[6]+topLevel(line[m[6]:m[7]], ','))
	case no:
		p.blank(offset+m[2], offset+m[6])
	}
}

// ask says whether a condition is met.
func (p *pyRole) ask(cond string) truth {
	cond = strings.TrimSpace(cond)
	switch {
	case len(cond) > maxCondition:
		return unknown
	case strings.HasPrefix(cond, "__name__"): // it is what the node runs
		return yes
	}
	if strings.HasPrefix(cond, "(") && topLevel(cond[1:], ')') == len(cond)-2 {
		return p.ask(cond[1 : len(cond)-1])
	}
	for _, op := range []string{" or ", " and "} {
		if x, y, ok := strings.Cut(cond, op); ok {
			a, b := p.ask(x), p.ask(y)
			decides := truthOf(op == " or ")
			switch {
			case strings.Count(x, "(") != strings.Count(x, ")"):
				return unknown
			case a == decides || b == decides:
				return decides
			case a == b:
				return a
			}
			return unknown
		}
	}
	if rest, ok := strings.CutPrefix(cond, "not "); ok {
		return p.ask(rest).not()
	}
	return p.simple(cond)
}

// simple is a comparison of the role, or something that has the answer of one.
func (p *pyRole) simple(cond string) truth {
	if m := pyAmong.FindStringSubmatch(cond); m != nil && p.isRole(m[1]) {
		return p.among(m[3], m[2] != "")
	}
	if m := pyEqual.FindStringSubmatch(cond); m != nil {
		x, y := m[1], m[3]
		if pyWords.MatchString(x) && !p.isRole(x) {
			x, y = y, x
		}
		if !p.isRole(x) || y == "" || y[0] != '"' && y[0] != '\'' {
			return unknown
		}
		return p.among(y, m[2] == "!")
	}
	if m := pyAsking.FindStringSubmatch(cond); m != nil {
		if t, ok := p.truths[m[1]]; ok {
			return t
		}
		if name, ok := strings.CutPrefix(m[1], "is_"); ok && strings.HasSuffix(cond, "()") && slices.Contains(p.roles, name) {
			return truthOf(name == p.role) // of another module
		}
	}
	return unknown
}

// among says whether the role is one of some words, if any role is.
func (p *pyRole) among(list string, not bool) truth {
	named, own := false, false
	for _, m := range pyWords.FindAllStringSubmatch(list, 50) {
		named = named || slices.Contains(p.roles, m[1])
		own = own || m[1] == p.role
	}
	if !named {
		return unknown
	}
	return truthOf(own != not)
}

// blank takes a part of the text out, and leaves its lines.
func (p *pyRole) blank(from, to int) {
	for i := from; i < to && i < len(p.out); i++ {
		if p.out[i] != '\n' {
			p.out[i] = ' '
		}
	}
}
