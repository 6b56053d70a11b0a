package rules

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/validate"
)

// endpointPort finds ports that are none, and references to parameters that do
// not exist.
func endpointPort() validate.Rule {
	return validate.NewRule("endpoint-port", validate.Error, "The port of an endpoint is none",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			endpoints := document(p).Get("endpoints")
			if endpoints == nil || p.Spec == nil {
				return nil
			}
			refs := portReferences(p)
			for _, e := range endpoints.Members {
				port := e.Value.Get("port")
				if e.Key == "reserved_ips" || port == nil {
					continue
				}
				if port.Kind == jsondoc.String && strings.Contains(port.Text, ".") {
					if !slices.Contains(refs, port.Text) {
						f := tell(r, "", port, "port of endpoint %q is %s: no parameter has this name", e.Key, show(port)).DidYouMean(port.Text, refs)
						if prop := p.App.Config.Lookup(port.Text); prop != nil && !prop.Group() && !usesProperty(p, prop) {
							handOn(f, prop, len(refs) == 0)
						}
					}
					continue
				}
				checkPort(p, r, e.Key, port)
			}
			return nil
		})
}

// portReferences are the names by which a port can name a parameter.
func portReferences(p *validate.Package) []string {
	var out []string
	for _, param := range p.Spec.Env {
		out = append(out, "env."+param.Key)
	}
	for _, role := range p.Spec.Roles {
		for _, param := range role.Env {
			out = append(out, role.Name+".env."+param.Key)
			if role.Name == "" {
				out = append(out, "env."+param.Key)
			}
		}
	}
	return out
}

func checkPort(p *validate.Package, r *validate.Reporter, name string, port *jsondoc.Value) {
	for _, v := range possible(p, port) {
		if _, err := strconv.ParseUint(v.Text, 10, 16); err == nil && v.Kind == jsondoc.String {
			tell(r, "", v, "port of endpoint %q is a text: a number without quotes is wanted", name).As(validate.Warning)
		} else if n, ok := v.Int(); v.Kind != jsondoc.Mustache && (!ok || n < 1 || n > 65535) {
			tell(r, "", v, "port of endpoint %q is %s: 1 to 65535, or a reference such as env.port, is wanted", name, show(v))
		}
	}
}
