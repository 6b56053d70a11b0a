package kvm

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/klauspost/compress/gzip"
)

// pack is the contents of actions: short texts go along with the actions, the
// others one after the other in a file of their own. The large ones are packed,
// each by itself, where the machine has gzip.
type pack struct {
	content Content
	parts   map[string]part // by the sha256 of what is in them
	texts   map[string]bool // likewise
}

type part struct {
	offset, size int64
	gzip         bool
}

// worthPacking is the size in bytes from which gzip saves more than it costs to run.
const worthPacking = 8 << 10

func newPack(acts []Action, compress bool) (*pack, error) {
	p := &pack{parts: map[string]part{}, texts: map[string]bool{}}
	room := maxTexts
	var all [][]byte
	var size int64
	for _, a := range acts {
		if _, ok := p.parts[a.SHA256]; a.Do != "write" || ok || p.texts[a.SHA256] {
			continue
		}
		if isText(a) && len(a.data) <= room {
			room -= len(a.data)
			p.texts[a.SHA256] = true
			continue
		}
		zip := compress && a.Size >= worthPacking
		data, err := a.packedAs(zip)
		if err != nil {
			return nil, err
		}
		p.parts[a.SHA256] = part{size, int64(len(data)), zip}
		size += int64(len(data))
		all = append(all, data)
	}
	p.content = Join(all...)
	return p, nil
}

// maxTexts bounds what goes along with the actions, in bytes: it is sent anew
// when the line is lost.
const maxTexts = 64 << 10

// isText reports whether a's content is whole lines that awk can copy.
func isText(a Action) bool {
	return a.packed == nil && len(a.data) < worthPacking && (len(a.data) == 0 || a.data[len(a.data)-1] == '\n') && bytes.IndexByte(a.data, 0) < 0
}

// packedAs is a's content, in gzip's format or plain.
func (a Action) packedAs(zip bool) ([]byte, error) {
	switch {
	case zip && a.packed != nil:
		return a.packed.Gzip, nil
	case zip:
		return gzipped(a.data)
	case a.packed != nil:
		return a.packed.Unpack()
	}
	return a.data, nil
}

// gzipped is data in gzip's format. On a LAN packing better takes longer than
// it saves.
func gzipped(data []byte) ([]byte, error) {
	var b bytes.Buffer
	zw, err := gzip.NewWriterLevel(&b, 3)
	if err != nil {
		return nil, err
	}
	_, err = zw.Write(data)
	err = errors.Join(err, zw.Close())
	return b.Bytes(), err
}

// checked is apply.sh's word for what has to be summed before it is used: not
// what gzip checks as it unpacks it.
func (p *pack) checked() string {
	for _, part := range p.parts {
		if !part.gzip {
			return "plain"
		}
	}
	return "packed"
}

// remote is where the pack is on the machine. The name says what is in it: a
// later run with the same content goes on with it.
func (p *pack) remote() string { return StateDir + "/pack-" + p.content.SHA256[:16] }

// lines are the actions as apply.sh reads them, with the texts.
func (p *pack) lines(acts []Action) []byte {
	var b, texts bytes.Buffer
	for _, a := range acts {
		switch {
		case a.Do == "link":
			fmt.Fprintf(&b, "link - - %s - - %s\n%s\n", SumOf([]byte(a.Link)), a.Path, a.Link)
		case a.Do == "write" && p.texts[a.SHA256]:
			fmt.Fprintf(&b, "text %s %s %s %d %d %s\n", a.Mode, a.Owner, a.SHA256, bytes.Count(a.data, []byte("\n")), a.Size, a.Path)
			texts.Write(a.data)
		case a.Do == "write":
			fmt.Fprintf(&b, "%s %s\n", p.place(a), a.Path)
		default:
			fmt.Fprintf(&b, "%s %s %s - - - %s\n", a.Do, orDash(a.Mode), orDash(a.Owner), a.Path)
		}
	}
	b.WriteString("end\n")
	b.Write(texts.Bytes())
	return b.Bytes()
}

// place is how and from where in the pack a is written.
func (p *pack) place(a Action) string {
	at := p.parts[a.SHA256]
	how, offset := "write", strconv.FormatInt(at.offset, 10)
	if at.gzip {
		how = "gunzip"
	}
	if at.size == p.content.Size {
		offset = "-"
	}
	return fmt.Sprintf("%s %s %s %s %s %d", how, a.Mode, a.Owner, a.SHA256, offset, at.size)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
