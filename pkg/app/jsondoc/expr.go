package jsondoc

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

// Expr is an expression of cluster.json.mustache: a variable, a number, or
// arithmetic over them. Multiplication and division bind tighter.
type Expr struct {
	Op   byte   // '+', '-', '*', '/'; '~' is the negative of X; 0 is a leaf
	Var  string // of a leaf: the variable's path as written, without blanks around it
	Num  string // of a leaf: the number as written
	X, Y *Expr
	Pos  diag.Pos
}

// startsExpr reports whether an expression (a plain number too) begins here.
func (p *parser) startsExpr() bool {
	c := p.peek(0)
	return c == '{' && p.peek(1) == '{' || c == '(' || c == '-' || isDigit(c)
}

// expression reads an expression. A plain number stays a number.
func (p *parser) expression() *Value {
	v := p.begin(Mustache)
	v.Tree = p.sum()
	if v.Tree == nil || p.ended {
		return nil
	}
	p.backOverSpace(v.Start)
	v.Text = string(p.data[v.Start:p.i])
	if json.Valid([]byte(v.Text)) {
		v.Kind, v.Tree = Number, nil
	}
	return p.finish(v)
}

// backOverSpace undoes the look-ahead for an operator.
func (p *parser) backOverSpace(start int) {
	for p.i > start && strings.IndexByte(" \t\r\n", p.data[p.i-1]) >= 0 {
		p.i--
	}
}

func (p *parser) sum() *Expr     { return p.chain("+-", p.product) }
func (p *parser) product() *Expr { return p.chain("*/", p.factor) }

// chain reads "x op y op …" of one precedence, left to right.
func (p *parser) chain(ops string, operand func() *Expr) *Expr {
	x := operand()
	for n := 0; x != nil; n++ {
		if n > p.o.MaxDepth {
			p.fault(TooDeep, p.i, p.i+1, "", "an expression of more than %d terms", p.o.MaxDepth)
			return nil
		}
		p.blanks()
		c := p.peek(0)
		if c == 0 || strings.IndexByte(ops, c) < 0 || c == '/' && (p.peek(1) == '/' || p.peek(1) == '*') {
			return x
		}
		pos := p.pos(p.i)
		p.i++
		p.blanks()
		y := operand()
		if y == nil {
			return nil
		}
		x = &Expr{Op: c, X: x, Y: y, Pos: pos}
	}
	return nil
}

// blanks skips white space inside an expression: no comments there.
func (p *parser) blanks() {
	for p.i < len(p.data) && strings.IndexByte(" \t\r\n", p.data[p.i]) >= 0 {
		p.i++
	}
}

func (p *parser) factor() *Expr {
	pos := p.pos(p.i)
	switch c := p.peek(0); {
	case c == '{' && p.peek(1) == '{':
		return p.variable()
	case isDigit(c):
		start := p.i
		n := p.plainNumber()
		if n == "" {
			p.fault(BadNumber, start, p.i, "", "%s is no JSON number", p.data[start:p.i])
			n = "0"
		}
		return &Expr{Num: n, Pos: pos}
	case c == '-':
		return p.deeper(func() *Expr {
			p.i++
			p.blanks()
			return negate(p.factor(), pos)
		})
	case c == '(':
		return p.deeper(p.parenthesis)
	default:
		p.syntax(p.i, "unexpected %s where a number or a variable is expected", p.found())
		return nil
	}
}

func negate(x *Expr, pos diag.Pos) *Expr {
	if x == nil {
		return nil
	}
	return &Expr{Op: '~', X: x, Pos: pos}
}

// deeper bounds the recursion.
func (p *parser) deeper(read func() *Expr) *Expr {
	if p.depth++; p.depth > p.o.MaxDepth {
		p.fault(TooDeep, p.i, p.i+1, "", "nested deeper than %d levels", p.o.MaxDepth)
		return nil
	}
	x := read()
	p.depth--
	return x
}

func (p *parser) parenthesis() *Expr {
	p.i++
	p.blanks()
	x := p.sum()
	if x == nil {
		return nil
	}
	p.blanks()
	if p.peek(0) != ')' {
		p.syntax(p.i, "unexpected %s where ')' is expected", p.found())
		return nil
	}
	p.i++
	return x
}

// plainNumber reads an unsigned number; "" where it is none by JSON's rules.
func (p *parser) plainNumber() string {
	start := p.i
	p.numberEnd()
	if n := p.data[start:p.i]; json.Valid(n) {
		return string(n)
	}
	return ""
}

// variable reads {{path}}, or {{{path}}}, which means the same here.
func (p *parser) variable() *Expr {
	pos, start, end := p.pos(p.i), p.i+2, "}}"
	if p.peek(2) == '{' {
		start, end = p.i+3, "}}}"
	}
	n := bytes.Index(p.data[min(start, len(p.data)):], []byte(end))
	if n < 0 || bytes.ContainsAny(p.data[start:start+n], "\n{}") {
		p.syntax(p.i, "{{ without %s in its line", end)
		return nil
	}
	name := strings.TrimSpace(string(p.data[start : start+n]))
	if name == "" || strings.IndexByte("#^/!>&=", name[0]) >= 0 {
		p.syntax(p.i, "{{%s}} is no variable: sections, partials and comments are not part of the platform's dialect", name)
		return nil
	}
	p.i = start + n + len(end)
	return &Expr{Var: name, Pos: pos}
}
