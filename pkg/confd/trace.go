package confd

import (
	"bytes"
	"context"
	"sort"
	"text/template/parse"

	"github.com/appimg/appimg/pkg/diag"
)

// Trace is what a template became, with the way back.
type Trace struct {
	Output []byte
	spans  []span // by out
	tmpl   *Template
}

// span is a piece of output; it ends where the next one starts.
type span struct {
	out    int  // offset in the output
	source int  // offset in the template
	text   bool // the template's own text: offsets run along with it
}

// Pos is the place in the template that made the byte at offset of Output.
func (t *Trace) Pos(offset int) diag.Pos {
	i := sort.Search(len(t.spans), func(i int) bool { return t.spans[i].out > offset }) - 1
	if i < 0 {
		return diag.Pos{File: t.tmpl.file, Line: 1, Col: 1}
	}
	s := t.spans[i]
	if s.text {
		s.source += offset - s.out
	}
	return diag.At(t.tmpl.file, t.tmpl.text, s.source)
}

// Trace renders like RenderContext and remembers what made what. It costs
// more: it is for those who point at the cause of what a node gets.
func (t *Template) Trace(ctx context.Context, s *Store) (*Trace, error) {
	e := &env{machine: t.machine, store: s.kv}
	parsed, err := t.parse(e)
	if err != nil {
		return nil, parseFault(t.file, t.text, err)
	}
	w := &tracer{marks: map[*byte]span{}}
	for _, one := range parsed.Templates() {
		if one.Tree != nil {
			w.mark(one.Tree.Root)
		}
	}
	e.budget = newBudget(ctx, w, addTicks(parsed))
	if err := (&renderer{env: *e, tmpl: parsed}).execute(); err != nil {
		return nil, t.fault(err, s)
	}
	return &Trace{Output: w.out.Bytes(), spans: w.spans, tmpl: t}, nil
}

// tracer is the writer of a traced rendering. text/template hands a text of
// the template over in the very memory that its tree has it in: so each is
// known by the address of its first byte. In front of each action stands a
// text that is made up, is known in the same way, and is not written.
type tracer struct {
	marks map[*byte]span
	out   bytes.Buffer
	spans []span
}

func (w *tracer) Write(p []byte) (int, error) {
	mark, known := w.marks[&p[0]]
	if known {
		mark.out = w.out.Len()
		w.spans = append(w.spans, mark)
	}
	if known && !mark.text {
		return len(p), nil
	}
	return w.out.Write(p)
}

// mark registers the texts below list, and puts marks in front of its actions.
func (w *tracer) mark(list *parse.ListNode) {
	if list == nil {
		return
	}
	var nodes []parse.Node
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			if len(n.Text) > 0 {
				w.marks[&n.Text[0]] = span{source: int(n.Pos), text: true}
			}
		case *parse.ActionNode:
			before := &parse.TextNode{NodeType: parse.NodeText, Pos: n.Pos, Text: []byte{0}}
			w.marks[&before.Text[0]] = span{source: int(n.Pos)}
			nodes = append(nodes, before)
		case *parse.IfNode:
			w.mark(n.List)
			w.mark(n.ElseList)
		case *parse.WithNode:
			w.mark(n.List)
			w.mark(n.ElseList)
		case *parse.RangeNode:
			w.mark(n.List)
			w.mark(n.ElseList)
		}
		nodes = append(nodes, n)
	}
	list.Nodes = nodes
}
