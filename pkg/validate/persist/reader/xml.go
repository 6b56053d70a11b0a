package reader

import (
	"encoding/xml"
	"io"
	"strings"
)

// maxElements bounds how deep elements are followed.
const maxElements = 64

// readXML reads texts and attributes of elements. Where an element has a name
// and a value — as attributes (log4j's param) or as elements (Hadoop's
// property) — the name is the key.
func readXML(text string) []Setting {
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	x := xmlReader{text: text}
	for len(x.out) < maxSettings {
		start := int(d.InputOffset())
		token, err := d.Token()
		if err != nil {
			break // what cannot be read ends it
		}
		x.token(token, start)
	}
	return x.out
}

type xmlReader struct {
	text  string
	stack []string
	name  string // the text of the last <name>
	out   []Setting
}

func (x *xmlReader) token(token xml.Token, start int) {
	switch t := token.(type) {
	case xml.StartElement:
		if len(x.stack) < maxElements {
			x.stack = append(x.stack, elementName(t))
		}
		x.attributes(t, start)
	case xml.EndElement:
		x.stack = x.stack[:max(len(x.stack)-1, 0)]
	case xml.CharData:
		x.chars(string(t), start)
	}
}

// elementName is what an element is called; where all are called alike, by its
// attribute: <str name="dir">, <Property name="logs">, <entry key="home">.
func elementName(t xml.StartElement) string {
	switch t.Name.Local {
	case "str", "Property", "property", "string", "entry":
		for _, a := range t.Attr {
			if a.Name.Local == "name" || a.Name.Local == "key" {
				return a.Value
			}
		}
	}
	return t.Name.Local
}

func (x *xmlReader) attributes(t xml.StartElement, start int) {
	name := ""
	for _, a := range t.Attr {
		if strings.EqualFold(a.Name.Local, "name") || a.Name.Local == "key" {
			name = a.Value
		}
	}
	at := start
	for _, a := range t.Attr {
		if i := strings.Index(x.text[at:], a.Name.Local); i >= 0 {
			at += i
		}
		offset := at + max(strings.Index(x.text[at:], a.Value), 0)
		key := join(t.Name.Local, a.Name.Local)
		if name != "" && (strings.EqualFold(a.Name.Local, "value") || a.Name.Local == "defaultValue") {
			key = name
		}
		x.out = append(x.out, settings(key, below(t, a), offset)...)
	}
}

// below is an attribute's value; of a path that another attribute says what it is
// relative to, as JBoss has it, with the variable of that before it.
func below(t xml.StartElement, path xml.Attr) string {
	if t.Name.Local == "file" && path.Name.Local == "path" && !strings.HasPrefix(path.Value, "/") {
		for _, a := range t.Attr {
			if a.Name.Local == "relative-to" && a.Value != "" {
				return "${" + a.Value + "}/" + path.Value
			}
		}
	}
	return path.Value
}

func (x *xmlReader) chars(text string, start int) {
	value := strings.TrimSpace(text)
	if value == "" || len(x.stack) == 0 {
		return
	}
	offset := start + max(strings.Index(x.text[start:], value), 0)
	switch last := x.stack[len(x.stack)-1]; {
	case last == "name":
		x.name = value
	case last == "value" && x.name != "":
		x.out = append(x.out, settings(x.name, value, offset)...)
	default:
		x.out = append(x.out, settings(strings.Join(x.stack[max(len(x.stack)-3, 0):], "."), value, offset)...)
	}
}
