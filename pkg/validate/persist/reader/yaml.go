package reader

import (
	"strings"
)

// Node is a part of a YAML document. The reader is tolerant: it takes what
// looks like YAML, in whatever surroundings (a template that was not rendered
// wholly), and keeps places.
type Node struct {
	Key      string // "" of an item of a list without one
	Value    string // of a scalar, without quotes
	Offset   int    // of the value; where there is none, of the key
	Block    bool   // the value is a block of lines, as they stand
	Children []*Node

	indent int
	item   bool
}

// maxNodes bounds how much of a document is kept.
const maxNodes = 20000

// ParseYAML reads a document, or several one after the other, below one root.
func ParseYAML(text string) *Node {
	p := yamlParser{text: text, stack: []*Node{{indent: -1}}}
	for p.offset < len(text) && p.nodes < maxNodes {
		p.line()
	}
	return p.stack[0]
}

// Get is the first child with a key, however deep the path leads; nil if there
// is none.
func (n *Node) Get(path ...string) *Node {
	for _, key := range path {
		var found *Node
		if n != nil {
			for _, c := range n.Children {
				if c.Key == key {
					found = c
					break
				}
			}
		}
		n = found
	}
	return n
}

// Text is the value of n; "" of nil.
func (n *Node) Text() string {
	if n == nil {
		return ""
	}
	return n.Value
}

// Items are the children of n; none of nil.
func (n *Node) Items() []*Node {
	if n == nil {
		return nil
	}
	return n.Children
}

type yamlParser struct {
	text   string
	offset int
	nodes  int
	stack  []*Node
}

func (p *yamlParser) line() {
	start := p.offset
	line, _, _ := strings.Cut(p.text[start:], "\n")
	p.offset += len(line) + 1
	body := strings.TrimLeft(line, " \t")
	at := start + len(line) - len(body)
	body = strings.TrimRight(body, " \t\r")
	if body == "" || body[0] == '#' || body == "---" || body == "..." {
		return
	}
	p.entry(at-start, body, at)
}

// entry takes items ("- ") off the line, then the mapping or scalar behind them.
func (p *yamlParser) entry(indent int, body string, at int) {
	for body == "-" || strings.HasPrefix(body, "- ") {
		p.push(&Node{indent: indent, item: true, Offset: at})
		rest := strings.TrimLeft(body[1:], " ")
		indent += len(body) - len(rest)
		at += len(body) - len(rest)
		body = rest
		if indent > 400 {
			return
		}
	}
	if body == "" {
		return
	}
	key, value, valueAt := splitYAML(body)
	if key == "" {
		p.scalar(indent, body, at)
		return
	}
	n := &Node{Key: key, indent: indent, Offset: at}
	p.push(n)
	if value != "" {
		p.fill(n, value, at+valueAt)
	}
}

// push makes n the child of what it is indented below.
func (p *yamlParser) push(n *Node) {
	for len(p.stack) > 1 {
		top := p.stack[len(p.stack)-1]
		// the items of a list may stand as far left as the list's key
		if top.indent < n.indent || n.item && !top.item && top.indent == n.indent && top.Value == "" {
			break
		}
		p.stack = p.stack[:len(p.stack)-1]
	}
	parent := p.stack[len(p.stack)-1]
	parent.Children = append(parent.Children, n)
	p.stack = append(p.stack, n)
	p.nodes++
}

// scalar is the value of the item before it, or the next line of a text.
func (p *yamlParser) scalar(indent int, body string, at int) {
	top := p.stack[len(p.stack)-1]
	if top.item && top.Value == "" && len(top.Children) == 0 && top.indent < indent {
		p.fill(top, body, at)
	}
}

func (p *yamlParser) fill(n *Node, value string, at int) {
	switch {
	case value[0] == '|' || value[0] == '>':
		p.block(n)
	case value[0] == '[' || value[0] == '{':
		n.Offset = at
		flow(n, value, at)
	case value[0] == '&' || value[0] == '*' || value[0] == '!':
	default:
		n.Value, n.Offset = yamlText(value, at)
	}
}

// block takes the lines that are indented deeper than n's.
func (p *yamlParser) block(n *Node) {
	n.Block, n.Offset = true, p.offset
	end := p.offset
	for end < len(p.text) {
		line, _, _ := strings.Cut(p.text[end:], "\n")
		body := strings.TrimLeft(line, " \t")
		if strings.TrimSpace(line) != "" && len(line)-len(body) <= n.indent {
			break
		}
		end += len(line) + 1
	}
	end = min(end, len(p.text))
	n.Value = p.text[min(p.offset, end):end]
	p.offset = end
}

// splitYAML splits "key: value"; key is "" where the line is none.
func splitYAML(body string) (key, value string, at int) {
	from := 0
	if body[0] == '{' || body[0] == '[' {
		return "", "", 0 // of a flow
	}
	if body[0] == '"' || body[0] == '\'' {
		end := strings.IndexByte(body[1:], body[0])
		if end < 0 {
			return "", "", 0
		}
		from = end + 2
	}
	for i := from; i < len(body); i++ {
		if body[i] != ':' || i+1 < len(body) && body[i+1] != ' ' && body[i+1] != '\t' {
			continue
		}
		rest := strings.TrimLeft(body[i+1:], " \t")
		if strings.HasPrefix(rest, "#") {
			rest = ""
		}
		return strings.Trim(body[:i], `"'`), rest, len(body) - len(strings.TrimLeft(body[i+1:], " \t"))
	}
	return "", "", 0
}

// yamlText is a scalar without quotes and comment.
func yamlText(value string, at int) (string, int) {
	if q := value[0]; q == '"' || q == '\'' {
		return value[1 : 1+quotedEnd(value[1:], q)], at + 1
	}
	return strings.TrimSpace(cutComment(value)), at
}

// quotedEnd is where a text in quotes ends, which has a quote of its own as \" or ”.
func quotedEnd(text string, quote byte) int {
	for i := 0; i < len(text); i++ {
		switch next := i + 1; {
		case quote == '"' && text[i] == '\\', quote == '\'' && text[i] == quote && next < len(text) && text[next] == quote:
			i++
		case text[i] == quote:
			return i
		}
	}
	return len(text)
}

// flow reads [a, b] and {k: v} on one line.
func flow(n *Node, value string, at int) {
	closing := map[byte]byte{'[': ']', '{': '}'}[value[0]]
	inner := strings.TrimSuffix(strings.TrimSpace(value[1:]), string(closing))
	offset := at + 1 + len(value[1:]) - len(strings.TrimLeft(value[1:], " \t"))
	for _, part := range strings.Split(inner, ",") {
		body := strings.TrimSpace(part)
		place := offset + max(strings.Index(part, body), 0)
		offset += len(part) + 1
		if body == "" || len(n.Children) > 500 {
			continue
		}
		child := &Node{item: true}
		if key, text, valueAt := splitYAML(body); key != "" && text != "" {
			child.Key = key
			child.Value, child.Offset = yamlText(text, place+valueAt)
		} else {
			child.Value, child.Offset = yamlText(body, place)
		}
		n.Children = append(n.Children, child)
	}
}

// readYAML reads the scalars of a document.
func readYAML(text string) []Setting {
	var out []Setting
	var walk func(n *Node, key string)
	walk = func(n *Node, key string) {
		key = join(key, n.Key)
		key = strings.TrimSuffix(key, ".")
		if n.Value != "" && (!n.Block || isArchive(key)) && len(out) < maxSettings {
			out = append(out, settings(key, n.Value, n.Offset)...)
		}
		for _, c := range n.Children {
			walk(c, key)
		}
	}
	walk(ParseYAML(text), "")
	return out
}
