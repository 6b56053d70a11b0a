package jsondoc

import (
	"bytes"
	"strings"
)

// span is the text of a member (from its key on) or of an item.
type span struct {
	start, stop int
	value       *Value
	colon       string // of a member: what stands between key and value
}

func (d *document) spans(v *Value) []span {
	var out []span
	for _, m := range v.Members {
		out = append(out, span{m.KeyStart, m.Value.Stop, m.Value, string(d.data[m.KeyStop:m.Value.Start])})
	}
	for _, item := range v.Items {
		out = append(out, span{item.Start, item.Stop, item, ""})
	}
	return out
}

// insert adds v behind the last element of a container; key (in quotes) is ""
// for an array.
func (d *document) insert(container *Value, key string, v *Value) []byte {
	all := d.spans(container)
	if len(all) == 0 {
		return d.insertFirst(container, key, v)
	}
	last := all[len(all)-1]
	sep := d.separator(container, all)
	at, comma := last.stop, ","
	if c := d.commaAfter(last.stop); c >= 0 { // a trailing comma, which thereby becomes a good one
		at, comma = c+1, ""
	}
	if end := d.commentsEnd(at, container.Stop); end > at {
		if !strings.Contains(sep, "\n") {
			sep = d.style.newline + d.indentAt(last.start)
		}
		text := sep + d.element(all, key, v, sep, last)
		return append(append(append(bytes.Clone(d.data[:at]), comma...), d.data[at:end]...), append([]byte(text), d.data[end:]...)...)
	}
	return d.splice(at, at, comma+sep+d.element(all, key, v, sep, last))
}

// element is the text of the new member or item behind last.
func (d *document) element(all []span, key string, v *Value, sep string, last span) string {
	indent := d.indentAt(last.stop)
	if i := strings.LastIndexByte(sep, '\n'); i >= 0 {
		indent = sep[i+1:]
	}
	if key != "" {
		colon := last.colon
		if strings.TrimSpace(colon) != ":" || strings.Contains(colon, "\n") {
			colon = d.style.colon
		}
		key += colon
	}
	return key + d.style.format(v, indent, d.inlineLike(all, v))
}

// inlineLike reports whether v, as a neighbour of all, goes on one line: as
// the last of its kind among them does.
func (d *document) inlineLike(all []span, v *Value) bool {
	for i := len(all) - 1; i >= 0; i-- {
		if other := all[i].value; other.Kind == v.Kind && isContainer(other) && len(other.Members)+len(other.Items) > 0 {
			return !d.multiline(other)
		}
	}
	return d.style.newline == ""
}

func (d *document) insertFirst(container *Value, key string, v *Value) []byte {
	if key != "" {
		key += d.style.colon
	}
	start, stop := container.Start+1, container.Stop-1
	kept := strings.TrimRight(string(d.data[start:stop]), " \t\r\n") // comments, if anything
	outer := d.indentAt(container.Start)
	switch {
	case d.style.newline == "":
		return d.splice(start, stop, kept+key+d.style.format(v, "", true))
	case d.style.hug && v.Kind == Object && container.Kind == Array && kept == "":
		return d.splice(start, stop, d.style.format(v, outer, false))
	}
	inner := outer + d.style.unit
	text := kept + d.style.newline + inner + key + d.style.format(v, inner, false) + d.style.newline + outer
	return d.splice(start, stop, text)
}

// separator is the white space between two elements, without the comma, as the
// container has it already.
func (d *document) separator(container *Value, all []span) string {
	n := len(all)
	var between string
	if n == 1 {
		between = string(d.data[container.Start+1 : all[0].start])
	} else {
		between = strings.Replace(string(d.data[all[n-2].stop:all[n-1].start]), ",", "", 1)
	}
	switch i := strings.LastIndexByte(between, '\n'); {
	case strings.TrimSpace(between) != "": // a comment
		return d.style.newline + d.indentAt(all[n-1].start)
	case i >= 0:
		return d.style.newline + between[i+1:]
	case between == "" && n == 1 && d.style.colon != ":":
		return " "
	default:
		return between
	}
}

// commaAfter is the offset of the comma that follows offset, or -1.
func (d *document) commaAfter(offset int) int {
	for i := offset; i < len(d.data); {
		switch c := d.data[i]; {
		case c == ',':
			return i
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		default:
			end := d.commentAt(i)
			if end < 0 {
				return -1
			}
			i = end
		}
	}
	return -1
}

// commentAt is the end of the comment that begins at offset, or -1.
func (d *document) commentAt(offset int) int {
	for _, f := range d.faults {
		if f.Kind == Comment && f.Start == offset {
			return f.Stop
		}
	}
	return -1
}

// commentsEnd is the end of the last comment between from and to, or from.
func (d *document) commentsEnd(from, to int) int {
	end := from
	for _, f := range d.faults {
		if f.Kind == Comment && f.Start >= from && f.Stop < to {
			end = f.Stop
		}
	}
	return end
}

func (d *document) remove(path []string) []byte {
	target := d.root.Get(path...)
	if target == nil || len(path) == 0 {
		return d.data
	}
	parent := d.root.Get(path[:len(path)-1]...)
	all := d.spans(parent)
	i := 0
	for all[i].value != target {
		i++
	}
	switch {
	case i+1 < len(all):
		return d.splice(all[i].start, all[i+1].start, "")
	case i == 0:
		return d.removeOnly(parent, all[0])
	}
	stop := all[i].stop
	if c := d.commaAfter(stop); c >= 0 {
		stop = c + 1
	}
	before := all[i-1].stop
	comma := d.commaAfter(before)
	kept := string(d.data[before:comma]) + strings.TrimRight(string(d.data[comma+1:all[i].start]), " \t\r\n")
	return d.splice(before, stop, kept)
}

// removeOnly empties a container; its comments stay.
func (d *document) removeOnly(parent *Value, only span) []byte {
	stop := only.stop
	if c := d.commaAfter(stop); c >= 0 {
		stop = c + 1
	}
	rest := string(d.data[parent.Start+1:only.start]) + string(d.data[stop:parent.Stop-1])
	if strings.TrimSpace(rest) == "" {
		rest = ""
	}
	return d.splice(parent.Start+1, parent.Stop-1, rest)
}
