package rules

import (
	"context"
	"maps"
	"path/filepath"
	"slices"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// jsonSyntax finds JSON that the platform cannot read.
func jsonSyntax() validate.Rule {
	return validate.NewRule("json-syntax", validate.Error, "A file is no JSON",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			eachFault(p, func(f jsondoc.Fault) {
				if f.Kind != jsondoc.DuplicateKey && f.Kind != jsondoc.BOM {
					found := r.Span(f.Pos, f.End, "%s", f.Message)
					found.Fix = f.Hint
					if f.Kind == jsondoc.TrailingComma {
						found.Repair = &validate.Repair{File: f.Pos.File, Apply: withoutTrailingCommas}
					}
				}
			})
			for _, file := range plainJSON(p) {
				if _, err := p.App.ReadFile(file); err != nil {
					r.Fault(diag.Pos{File: file}, err)
				}
			}
			return nil
		})
}

// withoutTrailingCommas is data without the commas in front of ] and }.
func withoutTrailingCommas(data []byte) ([]byte, error) {
	_, faults := jsondoc.ParseTolerant("", data, jsondoc.Options{Mustache: true})
	out := slices.Clone(data)
	for _, f := range slices.Backward(faults) {
		if f.Kind == jsondoc.TrailingComma {
			out = slices.Delete(out, f.Start, f.Stop)
		}
	}
	return out, nil
}

// jsonDuplicateKey finds members of the same name: the last one counts.
func jsonDuplicateKey() validate.Rule {
	return validate.NewRule("json-duplicate-key", validate.Warning, "A JSON object has two members of one name",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			eachFault(p, func(f jsondoc.Fault) {
				if f.Kind == jsondoc.DuplicateKey {
					r.Span(f.Pos, f.End, "%s", f.Message).Fix = f.Hint
				}
			})
			return nil
		})
}

// eachFault visits what is wrong with the app's JSON files.
func eachFault(p *validate.Package, visit func(jsondoc.Fault)) {
	if p.App.Config != nil {
		each(p.App.Config.Faults, visit)
	}
	if _, faults := p.App.Cluster(); p.App.ClusterFile != "" {
		each(faults, visit)
	}
	for _, file := range plainJSON(p) {
		if data, err := p.App.ReadFile(file); err == nil {
			_, faults := jsondoc.ParseTolerant(file, data, jsondoc.Options{})
			each(faults, visit)
		}
	}
}

func each(faults []jsondoc.Fault, visit func(jsondoc.Fault)) {
	for _, f := range faults {
		visit(f)
	}
}

// plainJSON are the translations and replace_policy.json.
func plainJSON(p *validate.Package) []string {
	out := slices.Sorted(maps.Values(p.App.Locale))
	if p.App.ClusterFile != "" {
		if file := filepath.Join(filepath.Dir(p.App.ClusterFile), "replace_policy.json"); p.File(file) != nil {
			out = append(out, file)
		}
	}
	return out
}

// plainDocument is what is in a translation or replace_policy.json, or in the file
// that it is a link to; nil where that cannot be read.
func plainDocument(p *validate.Package, file string) *jsondoc.Value {
	data, err := p.App.ReadFile(file)
	if err != nil {
		return nil
	}
	doc, _ := jsondoc.ParseTolerant(file, data, jsondoc.Options{})
	return doc
}
