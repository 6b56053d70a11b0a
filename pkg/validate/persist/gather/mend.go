package gather

import (
	"context"
	"net"
	"time"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/metadata"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
)

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
	var t *confd.Template
	confd.Mend(text, func(text string) (err error) {
		t, err = confd.ParseTemplate(file, text, machine{})
		return err
	})
	return t
}

// machine answers what a template asks of a node that has nothing.
type machine struct{}

func (machine) FileExists(string) bool                      { return false }
func (machine) Getenv(string) string                        { return "" }
func (machine) LookupSRV(string, string, string) []*net.SRV { return nil }
func (machine) LookupIP(string) []string                    { return nil }
func (machine) Now() time.Time                              { return time.Unix(0, 0).UTC() }
