package rules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// templateFails finds templates that do not render on some cluster that the
// app can become.
func templateFails() validate.Rule {
	return validate.NewRule("template-fails", validate.Error, "A template does not render on a cluster that is possible",
		func(ctx context.Context, p *validate.Package, r *validate.Reporter) error {
			seen := map[diag.Pos]bool{}
			for _, rendering := range p.Renderings() {
				for _, o := range rendering.Outputs {
					te := templateError(o.Err)
					if te == nil || seen[te.Pos] || explained(p, o.Pair, te.Key) ||
						elsewhere(p, rendering, o, func(other *validate.Output) bool { return other.Err == nil }) {
						continue
					}
					seen[te.Pos] = true
					reportFailure(ctx, p, r, rendering, o, te)
				}
			}
			return nil
		})
}

func templateError(err error) *confd.TemplateError {
	var te *confd.TemplateError
	errors.As(err, &te)
	return te
}

func reportFailure(ctx context.Context, p *validate.Package, r *validate.Reporter, at *validate.Rendering, o *validate.Output, te *confd.TemplateError) {
	said := verdict{why: te.Err.Error(), fix: mendOf(p, o, te)}
	if short, ok := shortListOf(o.Pair, te); ok {
		said = short.verdict(p, at, o)
	}
	f := r.At(te.Pos, "{{%s}} fails on node %s %s: %s", te.Expr, o.Node.Name(), smallest(ctx, p, at, o, te.Pos), said.why)
	f.In(o.Node.Role).Path = o.Pair.Resource.Dest
	if te.Expr == "" {
		f.Message = strings.Replace(f.Message, "{{}} fails", "rendering fails", 1)
	}
	if besideEndpoints(p, te.Key) {
		atPlaces(f, te.Pos, "reserved_ips")
	}
	if said.fix != "" {
		f.WithFix("%s", said.fix)
	} else if len(te.Nearest) > 0 {
		f.WithFix("keys that exist: %s", strings.Join(te.Nearest, ", "))
	} else if hints := diag.Hints(o.Err); len(hints) > 0 {
		f.Fix = hints[0]
	}
	if said.guess || strings.HasPrefix(te.Key, "/links/") || undocumented(p, te.Key) || te.Key == "" && madeUp(p, o.Pair, te.Pos) {
		f.As(validate.Info).With(validate.Guess) // a linked cluster, and the platform, may have more than is known here
	}
}

// mendOf is the change that brings a key to be, where it is known why it is
// missing.
func mendOf(p *validate.Package, o *validate.Output, te *confd.TemplateError) string {
	parts := strings.Split(strings.Trim(te.Key, "/"), "/")
	last := parts[len(parts)-1]
	switch {
	case besideEndpoints(p, te.Key):
		return "move reserved_ips of cluster.json.mustache into endpoints: the platform looks for it there"
	case last == "pub_key" && len(parts) == 4 && p.Spec.Role(parts[1]) != nil && p.Spec.Role(parts[1]).Passphraseless == "":
		return fmt.Sprintf(`give role %q "passphraseless": "ssh-rsa", or ask first: {{if exists …}}`, parts[1])
	case listsItself(o.Pair, parts):
		return fmt.Sprintf("use lsdir: where nothing is below a path, ls has an entry %q, the path's own beginning", parts[0])
	}
	return ""
}

// besideEndpoints reports whether a key is of an address that
// cluster.json.mustache reserves at its top, and not in endpoints.
func besideEndpoints(p *validate.Package, key string) bool {
	name, ok := strings.CutPrefix(key, "/cluster/endpoints/reserved_ips/")
	name, _, _ = strings.Cut(name, "/")
	return ok && document(p).Get("reserved_ips").Get(name) != nil
}

// listsItself reports whether a key goes on with its own first part, behind a
// path that the template lists by ls.
func listsItself(pair *validate.Pair, parts []string) bool {
	return slices.ContainsFunc(readsOf(pair), func(read keyRead) bool {
		n := len(read.parts)
		return read.Func == "ls" && n > 1 && n < len(parts) && parts[n] == parts[0] && slices.Equal(read.parts, parts[:n])
	})
}

// explained reports whether another rule has said why the key is missing.
func explained(p *validate.Package, pair *validate.Pair, key string) bool {
	parts := strings.Split(strings.Trim(key, "/"), "/")
	if key != "" && !covered(keyRead{pair: pair, parts: parts}) {
		return true
	}
	if len(parts) < 2 {
		return false
	}
	switch parts[0] {
	case "env":
		known := envKeys(p, p.Spec.RoleNames())
		_, ok := known[parts[1]]
		return !ok
	case "hosts", "adding-hosts", "deleting-hosts":
		return p.Spec.Role("") == nil && p.Spec.Role(parts[1]) == nil
	}
	return undocumented(p, key)
}

// undocumented reports whether key is one that metadata-key-unknown reports.
func undocumented(p *validate.Package, key string) bool {
	name, _ := unknownPart(p, keyRead{parts: strings.Split(strings.Trim(key, "/"), "/")})
	return name != ""
}
