package gather

import (
	"context"
	"net"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/metadata"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
)

// maxMended bounds how many faults of one template are mended.
const maxMended = 20

// mended are the pairs whose templates do not parse, without what does not: the rest
// still says what each role gets, which the text as it stands does not.
func mended(pairs []*validate.Pair) []*validate.Pair {
	var out []*validate.Pair
	for _, p := range pairs {
		if p.Template != nil || p.Source == nil || p.Resource == nil {
			continue
		}
		if t := mend(p.TemplateName(), string(p.Source.Text)); t != nil {
			out = append(out, p.With(t))
		}
	}
	return out
}

// renderMended renders pairs that were mended, for all roles.
func (g *gathering) renderMended(ctx context.Context, docs []*doc.Doc) []*doc.Doc {
	pairs := mended(g.Package.Pairs())
	if len(pairs) == 0 {
		return docs
	}
	all := g.Package.Try(ctx, validate.Scenario{Topology: metadata.Topology{Counts: g.oneEach()}}, pairs)
	for _, r := range g.Roles {
		docs = append(docs, g.outputs(ctx, all, r)...)
	}
	return docs
}

// mend parses a template without the actions that do not parse; nil where that does
// not help. What is left stays where it was.
func mend(file, text string) *confd.Template {
	if len(text) > MaxDocSize {
		return nil
	}
	for range maxMended {
		t, err := confd.ParseTemplate(file, text, machine{})
		if err == nil {
			return t
		}
		better := without(text, err)
		if better == text {
			return nil
		}
		text = better
	}
	return nil
}

// without is a template's text without the action that a fault is about, or with the
// end that it lacks.
func without(text string, err error) string {
	if strings.HasSuffix(err.Error(), "unexpected EOF") {
		return text + "{{end}}"
	}
	at := offsetOf(text, diag.PosOf(err))
	start := strings.LastIndex(text[:min(at+2, len(text))], "{{")
	if start < 0 {
		return text
	}
	end := strings.Index(text[start:], "}}")
	if next := strings.Index(text[start+2:], "{{"); end < 0 || next >= 0 && next+2 < end {
		line, _, _ := strings.Cut(text[start:], "\n") // it is not closed
		line, _, _ = strings.Cut(line[2:], "{{")
		return text[:start] + "$" + strings.Repeat("_", len(line)+1) + text[start+2+len(line):]
	}
	end += start + 2
	return text[:start] + blankAction(text[start:end]) + text[end:]
}

// offsetOf is where a place is in a text.
func offsetOf(text string, p diag.Pos) int {
	at := 0
	for range p.Line - 1 {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
	}
	line, _, _ := strings.Cut(text[at:], "\n")
	column := 0
	for i := range line {
		if column++; column >= p.Col {
			return at + i
		}
	}
	return at
}

// machine answers what a template asks of a node that has nothing.
type machine struct{}

func (machine) FileExists(string) bool                      { return false }
func (machine) Getenv(string) string                        { return "" }
func (machine) LookupSRV(string, string, string) []*net.SRV { return nil }
func (machine) LookupIP(string) []string                    { return nil }
func (machine) Now() time.Time                              { return time.Unix(0, 0).UTC() }
