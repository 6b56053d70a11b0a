package rules

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"text/template/parse"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

var ipv4 = lazyregexp.New(`\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b(/\d+)?`)

// beforeVersion is what stands in front of four numbers that are a version:
// ERTS_VSN="10.7.2.1", erts-10.7.2.1.
var beforeVersion = lazyregexp.New(`(?i)((version|vsn|release|revision|\b_?ver|_ver)["']?\s*[:=]?\s*["']?|[a-z]-)$`)

// hardcodedAddress finds private addresses that templates and scripts have
// written in: each cluster has its own.
func hardcodedAddress() validate.Rule {
	return validate.NewRule("hardcoded-address", validate.Info, "A private address is written in",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range p.Pairs() {
				if pair.Syntax == nil {
					continue
				}
				for _, tree := range pair.Syntax.Trees() {
					eachNode(tree.Root, func(n parse.Node) {
						text, ok := n.(*parse.TextNode)
						if !ok {
							return
						}
						eachAddress(string(text.Text), func(offset int, ip string) {
							pos := diag.At(pair.TemplateName(), string(pair.Source.Text), int(text.Pos)+offset)
							report(r, pair.Origin(pos), ip).In(oneRole(p, pair))
						})
					})
				}
			}
			for _, s := range scripts(p) {
				if s.what == "script" && s.sure {
					eachAddress(s.text, func(offset int, ip string) { report(r, s.at(offset), ip) })
				}
			}
			for _, c := range commands(p) {
				eachAddress(c.text, func(_ int, ip string) { report(r, c.pos, ip).In(c.role) })
			}
			return nil
		})
}

func report(r *validate.Reporter, pos diag.Pos, ip string) *validate.Finding {
	return r.At(pos, "%s is a private address: another cluster's network has others", ip).With(validate.Likely).
		WithFix("take it from the metadata (/hosts, /cluster/endpoints), or make it a parameter")
}

// eachAddress visits the private addresses of nodes in a text, comments left
// out.
func eachAddress(text string, visit func(offset int, ip string)) {
	if !strings.Contains(text, "10.") && !strings.Contains(text, "172.") && !strings.Contains(text, "192.168.") {
		return // none is private
	}
	start := 0
	for line := range strings.Lines(text) {
		if !isComment(line) {
			for _, at := range ipv4.FindAllStringIndex(line, -1) {
				if ip := line[at[0]:at[1]]; isNode(ip) && !beforeVersion.MatchString(line[:at[0]]) {
					visit(start+at[0], ip)
				}
			}
		}
		start += len(line)
	}
}

func isComment(line string) bool {
	line = strings.TrimSpace(line)
	return slices.ContainsFunc([]string{"#", "//", ";", "<!--", "*"}, func(mark string) bool { return strings.HasPrefix(line, mark) })
}

// isNode reports whether an address can be that of a node: private, and no
// network.
func isNode(text string) bool {
	ip, err := netip.ParseAddr(text)
	return err == nil && ip.IsPrivate() && !strings.HasSuffix(text, ".0") && !strings.HasSuffix(text, ".255") &&
		!strings.HasPrefix(text, "172.17.") && !strings.HasPrefix(text, "10.96.") // Docker's bridge, the services of Kubernetes
}
