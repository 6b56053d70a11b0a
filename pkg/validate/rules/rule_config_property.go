package rules

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// propertyKeys are those that the platform guide names. It names not all, so
// others are wrong only if they look like one of them.
const propertyKeys = `key label description type default required range min max step auto_scale_step pattern separator multichoice changeable
	changeable_when_create system expanded dependencies associate_mode resource_group customizable limits allowed_operations port properties`

const propertyTypes = "integer boolean string number array service loadbalancer password accesskey vxnet eip"

// configProperty finds properties of config.json that the console cannot make
// a form of.
func configProperty() validate.Rule {
	return validate.NewRule("config-property", validate.Error, "A property of config.json is wrong",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.App.Config == nil || p.App.Config.Doc == nil || p.App.Config.Err() != nil {
				return nil
			}
			checkTop(p, r)
			withoutKey(p, r)
			eachGroup(p.App.Config.Properties, func(list []*app.Property) { checkSiblings(r, list) })
			for _, leaf := range p.App.Config.Leaves() {
				checkProperty(r, leaf)
			}
			return nil
		})
}

// checkTop wants what every app's form begins with.
func checkTop(p *validate.Package, r *validate.Reporter) {
	c := p.App.Config
	cluster := c.Lookup("cluster")
	if c.Doc.Kind != jsondoc.Object {
		span(r, c.Doc, "config.json is %s: an object with properties is wanted", c.Doc.Kind.WithArticle())
		return
	}
	if cluster == nil {
		const why = `config.json has no property "cluster": name, description, vxnet and the roles`
		for _, top := range c.Properties {
			if key := top.Doc.Get("key"); key != nil && diag.Meant(top.Key, []string{"cluster", "env", "service_params"}) == "cluster" {
				span(r, key, why).DidYouMean(top.Key, []string{"cluster"})
				return
			}
		}
		r.At(diag.Pos{File: c.File, Line: 1}, why)
		return
	}
	for _, key := range []string{"name", "description", "vxnet"} {
		if c.Lookup("cluster."+key) == nil {
			r.At(cluster.Pos, "config.json has no property cluster.%s", key)
		}
	}
}

// withoutKey reports properties that nothing can refer to.
func withoutKey(p *validate.Package, r *validate.Reporter) {
	p.App.Config.Doc.Walk(func(v *jsondoc.Value) bool {
		list := v.Get("properties")
		if list == nil {
			return true
		}
		for _, item := range list.Items {
			if key := item.Get("key"); item.Kind == jsondoc.Object && key == nil {
				r.At(item.Pos, "a property has no key: no variable of cluster.json.mustache can stand for it")
			} else if key != nil && (key.Kind != jsondoc.String || key.Text == "") {
				span(r, key, "the key of a property is %s: a name is wanted", show(key))
			}
		}
		return true
	})
}

func eachGroup(list []*app.Property, visit func([]*app.Property)) {
	visit(list)
	for _, p := range list {
		eachGroup(p.Properties, visit)
	}
}

func checkSiblings(r *validate.Reporter, list []*app.Property) {
	seen := map[string]*app.Property{}
	for _, p := range list {
		if other := seen[p.Key]; other != nil {
			r.At(p.Pos, "a second property %q: the first is at line %d", p.Path, other.Pos.Line)
		}
		seen[p.Key] = p
		if strings.HasPrefix(p.Path, "env.") && strings.ContainsAny(p.Key, " \t") {
			r.At(p.Pos, "env parameter %q has a blank in its name", p.Key)
		}
	}
}

func checkProperty(r *validate.Reporter, p *app.Property) {
	kind := p.Doc.Get("type")
	switch {
	case kind == nil:
		r.At(p.Pos, "property %q has no type", p.Path)
	case !oneOf(kind, propertyTypes):
		span(r, kind, "property %q is of type %s, which the platform guide does not have", p.Path, show(kind)).
			As(validate.Warning).DidYouMean(kind.Text, strings.Fields(propertyTypes))
	}
	if req := p.Doc.Get("required"); req != nil && (req.Kind != jsondoc.String || !oneOf(req, "yes no")) {
		span(r, req, `required of %q is %s: "yes" or "no" is wanted`, p.Path, show(req))
	}
	if p.Required == "no" && p.Doc.Get("default") == nil && !slices.Contains([]string{"service", "eip", "loadbalancer", "vxnet", "accesskey"}, p.Type) {
		r.At(p.Pos, "property %q is not required and has no default: its variable has no value then", p.Path)
	}
	for _, m := range p.Doc.Members {
		if near := diag.Meant(m.Key, strings.Fields(propertyKeys)); near != "" && !slices.Contains(strings.Fields(propertyKeys), m.Key) && len(m.Key) > 3 {
			spanKey(r, &m, "property %q has a key %q, which the platform guide does not name", p.Path, m.Key).
				As(validate.Warning).With(validate.Likely).DidYouMean(m.Key, strings.Fields(propertyKeys))
		}
	}
	if p.Pattern != "" {
		if _, err := regexp.Compile(p.Pattern); err != nil && !strings.Contains(err.Error(), "invalid or unsupported Perl syntax") {
			span(r, p.Doc.Get("pattern"), "pattern of %q is no regular expression: %v", p.Path, err).As(validate.Warning)
		}
	}
}
