package rules

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// translationMissing finds labels that one of the translations lacks, and
// translations that are no text.
func translationMissing() validate.Rule {
	return validate.NewRule("translation-missing", validate.Info, "A label has no translation",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, lang := range slices.Sorted(maps.Keys(p.App.Locale)) {
				file := p.App.Locale[lang]
				doc := plainDocument(p, file)
				if doc == nil {
					continue
				}
				if doc.Kind != jsondoc.Object {
					span(r, doc, "%s is %s: an object of labels, each with its translation, is wanted", filepath.Base(file), doc.Kind.WithArticle()).As(validate.Error)
					continue
				}
				for _, m := range doc.Members {
					if m.Value.Kind != jsondoc.String {
						span(r, m.Value, "the translation of %q is %s, not a text", m.Key, m.Value.Kind.WithArticle()).As(validate.Error)
					}
				}
				if lang != "en" || hasForeign(p) {
					missingIn(p, r, lang, doc)
				}
			}
			if !misnamedLocales(p, r) {
				noTranslations(p, r)
			}
			return nil
		})
}

// misnamedLocales reports translations that the platform does not read: it
// knows en.json and zh-cn.json.
func misnamedLocales(p *validate.Package, r *validate.Reporter) (found bool) {
	meant := map[string]string{"zh": "zh-cn", "cn": "zh-cn", "zh-hans": "zh-cn", "zh-cn": "zh-cn", "en": "en", "en-us": "en", "en-gb": "en"}
	for _, lang := range slices.Sorted(maps.Keys(p.App.Locale)) {
		want := meant[strings.ReplaceAll(strings.ToLower(lang), "_", "-")]
		if want == "" || want == lang || p.App.Locale[want] != "" {
			continue
		}
		r.At(diag.Pos{File: p.App.Locale[lang], Line: 1}, "the platform reads %s.json, and no %s.json: nobody sees these translations", want, lang).
			As(validate.Warning).WithFix("call it %s.json", want)
		found = true
	}
	return found
}

// noTranslations reports files that are not there: both, or the one for the
// language that the labels are not in.
func noTranslations(p *validate.Package, r *validate.Reporter) {
	en, zh := p.App.Locale["en"], p.App.Locale["zh-cn"]
	switch {
	case len(labels(p)) == 0:
	case en == "" && zh == "":
		r.At(diag.Pos{File: cmp.Or(p.App.ConfigFile, p.App.ClusterFile), Line: 1}, "there is no locale/en.json and no locale/zh-cn.json beside it: no label has a translation").
			WithFix("add them: en.json may be {}, as far as labels are in English")
	case zh == "" && !hasForeign(p):
		r.At(diag.Pos{File: en, Line: 1}, "there is no zh-cn.json beside it: no label has a translation").WithFix("add it, with each label of en.json in Chinese")
	case en == "" && hasForeign(p):
		r.At(diag.Pos{File: zh, Line: 1}, "there is no en.json beside it: no label in Chinese has a translation").WithFix("add it, with each label that is in Chinese")
	}
}

// missingIn reports all labels that one file lacks in one finding: they are
// mended together.
func missingIn(p *validate.Package, r *validate.Reporter, lang string, doc *jsondoc.Value) {
	known := map[string]bool{}
	for _, m := range doc.Members {
		known[m.Key] = true
	}
	var lacking []label
	for _, l := range labels(p) {
		if !known[l.text] && (lang != "en" || foreign(l.text)) {
			known[l.text] = true
			lacking = append(lacking, l)
		}
	}
	if len(lacking) == 0 {
		return
	}
	const shown = 3
	var names []string
	for _, l := range lacking[:min(shown, len(lacking))] {
		names = append(names, `"`+l.text+`"`)
	}
	more := ""
	if len(lacking) > shown {
		more = ", …"
	}
	count := "1 label has"
	if len(lacking) > 1 {
		count = fmt.Sprintf("%d labels have", len(lacking))
	}
	f := r.At(doc.Pos, "%s no translation in %s: %s%s", count, filepath.Base(p.App.Locale[lang]), strings.Join(names, ", "), more)
	f.WithFix("--fix adds them, with the labels as they are for translations").Repair = stubs(p.App.Locale[lang], lacking)
}

// stubs adds the labels that are missing, each as its own translation.
func stubs(file string, lacking []label) *validate.Repair {
	return &validate.Repair{File: file, Apply: func(data []byte) ([]byte, error) {
		doc, _ := jsondoc.ParseTolerant(file, data, jsondoc.Options{})
		var changes []jsondoc.Change
		for _, l := range lacking {
			if raw, err := json.Marshal(l.text); err == nil && doc.Member(l.text) == nil {
				changes = append(changes, jsondoc.SetValue(string(raw), l.text))
			}
		}
		return jsondoc.Apply(file, data, jsondoc.Options{}, changes...)
	}}
}

// label is a text that the console shows.
type label struct {
	text string
	pos  diag.Pos
}

// labels are the texts of config.json and the names in cluster.json.mustache
// that the console shows.
func labels(p *validate.Package) []label {
	var out []label
	if p.App.Config != nil && p.App.Config.Doc != nil {
		p.App.Config.Doc.Walk(func(v *jsondoc.Value) bool {
			if v.Kind == jsondoc.Object && v.Get("key") != nil {
				out = append(out, textOf(v, "label")...)
				out = append(out, textOf(v, "description")...)
			}
			return true
		})
	}
	for _, n := range nodes(p) {
		for _, s := range services(n) {
			if s.Value.Get("type").Str() == "custom" {
				out = append(out, label{s.Key, s.KeyPos})
			}
		}
	}
	return out
}

func textOf(v *jsondoc.Value, key string) []label {
	if t := v.Get(key).Str(); strings.TrimSpace(t) != "" {
		return []label{{t, v.Get(key).Pos}}
	}
	return nil
}

// hasForeign reports whether a label is in Chinese: then English needs
// translations too.
func hasForeign(p *validate.Package) bool {
	return slices.ContainsFunc(labels(p), func(l label) bool { return foreign(l.text) })
}

func foreign(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}
