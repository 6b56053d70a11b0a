package jsondoc

import (
	"bytes"
	"encoding/json"
	"strings"
)

// style is how a document is written.
type style struct {
	newline string // "\n" or "\r\n"; "" where all is on one line
	unit    string // one level of indentation
	colon   string // between key and value
	hug     bool   // arrays of objects begin "[{"
}

func detectStyle(data []byte, root *Value) style {
	s := style{colon: ": "}
	if bytes.Contains(bytes.TrimSpace(data), []byte("\n")) || root == nil || len(root.Members)+len(root.Items) == 0 {
		s.newline = "\n"
	}
	if bytes.Contains(data, []byte("\r\n")) {
		s.newline = "\r\n"
	}
	d := &document{data: data}
	found := struct{ unit, colon, hug bool }{}
	root.Walk(func(v *Value) bool {
		all := d.spans(v)
		if len(all) == 0 {
			return true
		}
		if c := all[0].colon; v.Kind == Object && !found.colon && !strings.Contains(c, "\n") && strings.TrimSpace(c) == ":" {
			s.colon, found.colon = c, true
		}
		if v.Kind == Array && all[0].value.Kind == Object && !found.hug {
			s.hug, found.hug = all[0].start == v.Start+1, true
		}
		inner, outer := d.indentAt(all[0].start), d.indentAt(v.Start)
		if unit, deeper := strings.CutPrefix(inner, outer); deeper && unit != "" && !found.unit {
			s.unit, found.unit = unit, true
		}
		return true
	})
	if s.unit == "" {
		s.unit = "  "
	}
	return s
}

// format writes v in the document's style; indent is that of the line on which
// it begins.
func (s style) format(v *Value, indent string, inline bool) string {
	var b strings.Builder
	s.write(&b, v, indent, inline || s.newline == "")
	return b.String()
}

func (s style) write(b *strings.Builder, v *Value, indent string, inline bool) {
	switch v.Kind {
	case Object:
		s.writeList(b, "{}", len(v.Members), indent, inline, func(i int, inner string) {
			b.WriteString(quote(v.Members[i].Key) + s.colon)
			s.write(b, v.Members[i].Value, inner, inline)
		})
	case Array:
		plain := true
		for _, item := range v.Items {
			plain = plain && !isContainer(item)
		}
		if s.hug && !inline && len(v.Items) > 0 && v.Items[0].Kind == Object {
			s.writeHugged(b, v, indent)
			return
		}
		s.writeList(b, "[]", len(v.Items), indent, inline || plain, func(i int, inner string) {
			s.write(b, v.Items[i], inner, inline)
		})
	case String:
		b.WriteString(quote(v.Text))
	case Null:
		b.WriteString("null")
	default:
		b.WriteString(v.Text)
	}
}

// writeList writes n elements between two brackets, each on a line of its own
// unless inline.
func (s style) writeList(b *strings.Builder, brackets string, n int, indent string, inline bool, one func(i int, indent string)) {
	b.WriteByte(brackets[0])
	inner := indent + s.unit
	for i := range n {
		switch {
		case !inline:
			b.WriteString(strings.Repeat(",", min(i, 1)) + s.newline + inner)
		case i > 0:
			b.WriteString("," + s.blank())
		}
		one(i, inner)
	}
	if !inline && n > 0 {
		b.WriteString(s.newline + indent)
	}
	b.WriteByte(brackets[1])
}

// blank is what follows a comma or a colon.
func (s style) blank() string {
	if strings.HasSuffix(s.colon, " ") {
		return " "
	}
	return ""
}

func (s style) writeHugged(b *strings.Builder, v *Value, indent string) {
	b.WriteByte('[')
	for i, item := range v.Items {
		if i > 0 {
			b.WriteString(", ")
		}
		s.write(b, item, indent, false)
	}
	b.WriteByte(']')
}

// quote is text as a JSON string, with <, > and & as they are.
func quote(text string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}
