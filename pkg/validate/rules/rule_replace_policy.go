package rules

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/validate"
)

// replacePolicy finds replacements that the console cannot make.
func replacePolicy() validate.Rule {
	return validate.NewRule("replace-policy", validate.Warning, "replace_policy.json replaces nothing",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			doc := policy(p)
			if doc != nil && doc.Kind != jsondoc.Object {
				span(r, doc, "replace_policy.json is %s: an object of zones is wanted", doc.Kind.WithArticle())
			}
			for _, zone := range replacements(p) {
				checkZone(r, zone)
			}
			return nil
		})
}

// replacements are the zones of replace_policy.json.
func replacements(p *validate.Package) []jsondoc.Member {
	if doc := policy(p); doc != nil {
		return doc.Members
	}
	return nil
}

// policy is replace_policy.json; nil where there is none that can be read.
func policy(p *validate.Package) *jsondoc.Value {
	for _, file := range plainJSON(p) {
		if filepath.Base(file) == "replace_policy.json" {
			return plainDocument(p, file)
		}
	}
	return nil
}

// replaceable are the values that may be replaced, with what the platform guide
// has for them.
func replaceable() map[string]string {
	return map[string]string{"instance_class": instanceClasses, "volume_class": volumeClasses, "cpu_model": cpuModels}
}

func checkZone(r *validate.Reporter, zone jsondoc.Member) {
	if zone.Value.Kind != jsondoc.Object {
		span(r, zone.Value, "zone %q is %s: an object of instance_class, volume_class and cpu_model is wanted", zone.Key, zone.Value.Kind.WithArticle())
		return
	}
	for _, m := range zone.Value.Members {
		checkReplacement(r, m)
	}
}

func checkReplacement(r *validate.Reporter, m jsondoc.Member) {
	known, ok := replaceable()[m.Key]
	if !ok {
		spanKey(r, &m, "%q cannot be replaced per zone: instance_class, volume_class and cpu_model can", m.Key).
			DidYouMean(m.Key, sortedNames(replaceable()))
		return
	}
	if m.Value.Kind != jsondoc.Array {
		span(r, m.Value, "%s is %s: a list of replacements, each with src and dst, is wanted", m.Key, m.Value.Kind.WithArticle())
		return
	}
	for _, item := range m.Value.Items {
		src, dst := item.Get("src"), item.Get("dst")
		switch {
		case src == nil || dst == nil:
			span(r, item, "a replacement has src and dst")
		case src.Text == dst.Text:
			span(r, item, "%s is replaced by itself", src.Text)
		case !oneOf(dst, known):
			span(r, dst, "%s is replaced by %s: the platform guide has %s", m.Key, show(dst), strings.ReplaceAll(known, " ", ", ")).
				As(validate.Info).With(validate.Likely)
		}
	}
}
