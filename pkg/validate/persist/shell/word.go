package shell

import (
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// one is the first value of a word.
func (w *walker) one(word *syntax.Word) Value {
	if v := w.word(word); len(v) > 0 {
		return v[0]
	}
	return Value{}
}

// sole is the value of a word that has but one; else it is not known.
func (w *walker) sole(word *syntax.Word) Value {
	v := w.word(word)
	if len(v) == 1 {
		return v[0]
	}
	return Value{Text: "$_"}
}

// fields are the values of a word in a list: braces are expanded, and the words
// of a variable without quotes are taken apart.
func (w *walker) fields(word *syntax.Word) []Value {
	var out []Value
	for _, v := range w.word(word) {
		if !quoted(word) && strings.ContainsAny(v.Text, " \n\t") {
			for _, f := range strings.Fields(v.Text) {
				out = append(out, Value{Text: f, At: v.At, part: true, arg: v.arg, word: v.word})
			}
			continue
		}
		out = append(out, v)
	}
	return out[:min(len(out), maxValues*4)]
}

func quoted(word *syntax.Word) bool {
	for _, p := range word.Parts {
		switch p.(type) {
		case *syntax.ParamExp, *syntax.CmdSubst:
			return false
		}
	}
	return true
}

// word is what a word may become.
func (w *walker) word(word *syntax.Word) []Value {
	if word == nil {
		return nil
	}
	var out []Value
	for _, one := range braces(word) {
		for _, v := range w.parts(one.Parts, int(word.Pos().Offset())) {
			if !v.arg {
				v.word = &Place{Offset: int(word.Pos().Offset())}
			}
			out = append(out, v)
		}
		if len(out) >= maxValues*4 {
			break
		}
	}
	return out
}

// braces expands {a,b}; the word itself, which others may look at, is left as
// it is.
func braces(word *syntax.Word) []*syntax.Word {
	split := *word
	split.Parts = append([]syntax.WordPart(nil), word.Parts...)
	if !syntax.SplitBraces(&split) {
		return []*syntax.Word{word}
	}
	var out []*syntax.Word
	for one, err := range expand.BracesSeq(nil, &split) {
		if err != nil || len(out) >= maxValues*4 {
			break
		}
		out = append(out, one)
	}
	return out
}

// parts joins the values of parts. The result stands where the word does; that
// of a variable alone where the variable was set.
func (w *walker) parts(parts []syntax.WordPart, offset int) []Value {
	out := []Value{{At: Place{Offset: offset}}}
	for i, p := range parts {
		values := w.part(p)
		var next []Value
		for _, head := range out {
			for _, v := range values {
				next = append(next, joined(head, v, i == 0, len(parts) == 1))
			}
		}
		out = next[:min(len(next), maxValues)]
	}
	return out
}

func joined(head, v Value, first, only bool) Value {
	switch {
	case only:
		if v.At == (Place{}) {
			v.At = head.At
		}
		return v
	case first && v.At != (Place{}):
		base := v
		head.Base = &base
	case first && v.Base != nil:
		head.Base = v.Base
	case head.Base == nil && v.At != (Place{}) && (strings.HasPrefix(head.Text, "-") || strings.HasPrefix(head.Text, "cfg:")) && (strings.HasSuffix(head.Text, "=") || head.Text == "-Xloggc:"): // -Dlog=$LOG
		base := v
		head.Base = &base
	}
	if len(head.Text)+len(v.Text) <= maxText { // A=$A$A doubles with each line
		head.Text += v.Text
		head.arg = false
	}
	return head
}

// maxText bounds what a word may become, in bytes.
const maxText = 256 << 10

// part is what a part may become. A value that stands in the word itself has
// no place.
func (w *walker) part(p syntax.WordPart) []Value {
	switch p := p.(type) {
	case *syntax.Lit:
		return text(unescape(p.Value))
	case *syntax.SglQuoted:
		return text(p.Value)
	case *syntax.DblQuoted:
		values := w.parts(p.Parts, int(p.Pos().Offset()))
		for i := range values {
			if values[i].At == (Place{Offset: int(p.Pos().Offset())}) {
				values[i].At = Place{}
			}
		}
		return values
	case *syntax.ParamExp:
		return w.param(p)
	case *syntax.CmdSubst:
		return w.substitute(p)
	}
	return text("$_")
}

func text(s string) []Value { return []Value{{Text: s}} }

// unescape takes backslashes away, and joins lines.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
			if s[i] == '\n' {
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
