package shell

import (
	"path"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// param is the value of ${…}; "$name" where it is not known.
func (w *walker) param(p *syntax.ParamExp) []Value {
	if p.Param == nil || p.Excl || p.Length || p.Slice != nil || p.Names != 0 {
		return text("$_")
	}
	name := p.Param.Value
	values := w.vars[name]
	if one, ok := w.elementOf(name, p.Index); ok {
		values = one
	}
	if p.Exp != nil {
		return w.expansion(p.Exp, name, values)
	}
	if len(values) == 0 || p.Repl != nil {
		return text("$" + name)
	}
	return values
}

func (w *walker) expansion(e *syntax.Expansion, name string, values []Value) []Value {
	switch e.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		if len(values) > 0 && values[0].Text != "" {
			return values
		}
		if e.Word == nil && len(name) == 1 && name[0] >= '1' && name[0] <= '9' {
			return text("$" + name) // an argument that is not known
		}
		if e.Word == nil {
			return text("")
		}
		if name == "1" && len(values) == 0 && w.hasFirst() {
			return text("$1")
		}
		other := w.word(e.Word)
		if e.Op == syntax.AssignUnset || e.Op == syntax.AssignUnsetOrNull {
			w.vars[name] = other
		}
		return other
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		if len(values) > 0 {
			return values
		}
	case syntax.RemSmallSuffix, syntax.RemLargeSuffix, syntax.RemSmallPrefix, syntax.RemLargePrefix:
		if len(values) > 0 && e.Word != nil {
			return trimmed(e, values)
		}
	}
	return text("$" + name)
}

// trimmed removes what a simple pattern matches: ${x%/}, ${x%/*}, ${x##*/}, and of a pair
// either half: ${x%%:*}, ${x#*:}.
func trimmed(e *syntax.Expansion, values []Value) []Value {
	pattern := e.Word.Lit()
	plain := strings.Trim(pattern, "*")
	var out []Value
	for _, v := range values {
		switch {
		case pattern == "" || strings.ContainsAny(plain, "*?[\\"):
			v.Text = "$_"
		case pattern == plain && (e.Op == syntax.RemSmallSuffix || e.Op == syntax.RemLargeSuffix):
			v.Text = strings.TrimSuffix(v.Text, plain)
		case pattern == plain:
			v.Text = strings.TrimPrefix(v.Text, plain)
		case pattern == "/*" && e.Op == syntax.RemSmallSuffix:
			v.Text = path.Dir(v.Text)
		default:
			v.Text = half(e.Op, pattern, plain, v.Text)
		}
		out = append(out, v)
	}
	return out
}

// half is what is left of a text when all before, or all behind, a separator is cut off.
func half(op syntax.ParExpOperator, pattern, separator, text string) string {
	first, last := strings.Index(text, separator), strings.LastIndex(text, separator)
	switch {
	case separator == "":
		return "$_"
	case first < 0:
		return text
	case op == syntax.RemSmallSuffix && pattern == separator+"*":
		return text[:last]
	case op == syntax.RemLargeSuffix && pattern == separator+"*":
		return text[:first]
	case op == syntax.RemSmallPrefix && pattern == "*"+separator:
		return text[first+len(separator):]
	case op == syntax.RemLargePrefix && pattern == "*"+separator:
		return text[last+len(separator):]
	}
	return "$_"
}
