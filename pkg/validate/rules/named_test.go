package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/appimg/appimg/pkg/validate"
)

// testdata/named/*.txtar name things that an app can have wrong, with the rule
// that has to find each: "-- thing: rule [severity] --" begins one, files
// follow, laid over the base project.
func TestNamedThings(t *testing.T) {
	for _, file := range archives(t, "named") {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, thing := range things(t, ar) {
			t.Run(thing.name, func(t *testing.T) {
				t.Parallel()
				p := base(t)
				for _, f := range thing.files {
					name, whole := strings.CutSuffix(f.Name, " whole")
					p.lay(t, name, string(f.Data), whole)
				}
				found := p.lint(t)
				if !slices.ContainsFunc(found, thing.is) {
					t.Errorf("%s does not find it as %s:\n%s", thing.rule, thing.severity, lines(found))
				}
			})
		}
	}
}

type thing struct {
	name, rule, severity string
	files                []txtar.File
}

// is reports whether a finding is the one of the thing. With no severity, any
// one is.
func (x thing) is(f *validate.Finding) bool {
	return f.Rule == x.rule && (x.severity == "" || f.Severity.String() == x.severity)
}

func things(t *testing.T, ar *txtar.Archive) []thing {
	t.Helper()
	var out []thing
	for _, f := range ar.Files {
		name, rule, isHead := strings.Cut(f.Name, ": ")
		switch {
		case isHead:
			words := strings.Fields(rule + " ")
			x := thing{name: name, rule: words[0]}
			if len(words) > 1 {
				x.severity = words[1]
			}
			out = append(out, x)
		case len(out) == 0:
			t.Fatalf("%s belongs to nothing", f.Name)
		default:
			last := &out[len(out)-1]
			last.files = append(last.files, f)
		}
	}
	return out
}
