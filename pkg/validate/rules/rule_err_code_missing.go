package rules

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// errCodeMissing finds error texts that only some of the translations have: the
// user of another language sees the bare key.
func errCodeMissing() validate.Rule {
	return validate.NewRule("err-code-missing", validate.Warning, "An error text is not there in every language",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			has := map[string]map[string]bool{} // file → key
			first := map[string]diag.Pos{}
			for _, lang := range slices.Sorted(maps.Keys(p.App.Locale)) {
				file := p.App.Locale[lang]
				text, _ := p.Text(file)
				doc, _ := jsondoc.ParseTolerant(file, []byte(text), jsondoc.Options{})
				if doc == nil {
					continue
				}
				has[file] = map[string]bool{}
				for _, m := range doc.Members {
					if strings.HasPrefix(m.Key, "err_code") {
						has[file][m.Key] = true
						if _, ok := first[m.Key]; !ok {
							first[m.Key] = m.KeyPos
						}
					}
				}
			}
			for _, key := range sortedNames(first) {
				for _, file := range sortedNames(has) {
					if !has[file][key] {
						lacksText(r, file, key, first[key])
					}
				}
			}
			return nil
		})
}

// lacksText reports an error text that a translation lacks and another one has;
// all that it lacks are told as one.
func lacksText(r *validate.Reporter, file, key string, there diag.Pos) {
	type languages struct{ lacks, has string }
	f := r.At(diag.Pos{File: file, Line: 1}, "").WithFix("add what the user is to read there")
	f.Origin = r.Origin(there)
	f.Together(languages{file, there.File}, strconv.Quote(key), func(keys []string) string {
		return fmt.Sprintf("%s has no text for %s, and %s has", filepath.Base(file), strings.Join(keys, ", "), filepath.Base(there.File))
	})
}

// sortedNames are the keys of a map in order.
func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
