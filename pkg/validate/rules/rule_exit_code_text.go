package rules

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// exitCodeWithoutText finds exit codes that the user sees as a number: the
// translations have no err_code of it.
func exitCodeWithoutText() validate.Rule {
	return validate.NewRule("exit-code-without-text", validate.Info, "An exit code has no text for the user",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			texts := errorTexts(p)
			seen := map[exitAt]bool{}
			for _, c := range toldCommands(p) {
				found, _ := exits(p, c)
				for _, e := range found {
					const generic = 2 // says no more than that it failed, or was called wrongly
					if _, has := texts[e.code]; has || e.code <= generic || e.code > 255 || seen[e] {
						continue
					}
					seen[e] = true
					f := r.At(e.pos, "%s can end with %d, and no translation has err_code%d: the user sees a number", c.name, e.code, e.code).In(c.role).With(validate.Likely)
					f.WithFix(`say what happened, in every language: "err_code%d": "…"`, e.code)
					if len(texts) > 0 {
						f.As(validate.Warning) // the app has texts for others
					}
				}
			}
			return nil
		})
}

// errCodeUnused finds error texts that nothing can ask for.
func errCodeUnused() validate.Rule {
	return validate.NewRule("err-code-unused", validate.Info, "No command ends with the code of an error text",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.Spec == nil || !p.Complete() || !allReadable(p) {
				return nil
			}
			texts := errorTexts(p)
			for _, code := range sortedNames(byText(texts)) {
				if !namesNumber(p, code) {
					n, _ := strconv.Atoi(code) // made by Itoa
					r.At(texts[n], "err_code%s: no script of the repository has the number %s, so that nobody sees this text", code, code).With(validate.Likely)
				}
			}
			return nil
		})
}

var errCode = lazyregexp.New(`^err_code(\d+)$`)

// errorTexts are the codes that some translation has a text for.
func errorTexts(p *validate.Package) map[int]diag.Pos {
	out := map[int]diag.Pos{}
	for _, lang := range sortedNames(p.App.Locale) {
		file := p.App.Locale[lang]
		text, _ := p.Text(file)
		doc, _ := jsondoc.ParseTolerant(file, []byte(text), jsondoc.Options{})
		if doc == nil {
			continue
		}
		for _, m := range doc.Members {
			if parts := errCode.FindStringSubmatch(m.Key); parts != nil {
				n, err := strconv.Atoi(parts[1])
				if _, has := out[n]; err == nil && !has {
					out[n] = m.KeyPos
				}
			}
		}
	}
	return out
}

func byText(texts map[int]diag.Pos) map[string]diag.Pos {
	out := map[string]diag.Pos{}
	for n, pos := range texts {
		out[strconv.Itoa(n)] = pos
	}
	return out
}

// toldCommands are those whose exit code the user is told about: of scale_in,
// scale_out and custom services.
func toldCommands(p *validate.Package) []command {
	var out []command
	for _, c := range clusterCommands(p) {
		name, ok := strings.CutPrefix(c.name, "services.")
		if !ok {
			continue
		}
		service := name[:strings.LastIndexByte(name, '.')]
		custom := false
		if role := p.Spec.Role(c.role); role != nil && role.Services[service] != nil {
			custom = role.Services[service].Doc.Get("type").Str() == "custom"
		}
		if custom || service == "scale_in" || service == "scale_out" {
			out = append(out, c)
		}
	}
	return out
}

// allReadable reports whether the repository has all that the services run.
func allReadable(p *validate.Package) bool {
	for _, c := range clusterCommands(p) {
		if _, all := exits(p, c); !all && strings.HasPrefix(c.name, "services.") {
			return false
		}
	}
	return true
}

// namesNumber reports whether a file other than the app's own JSON has a number
// as a word.
func namesNumber(p *validate.Package, number string) bool {
	word := regexp.MustCompile(`(^|[^0-9A-Za-z_.])` + number + `($|[^0-9A-Za-z_.])`)
	for _, f := range p.Files() {
		if isLocale(p, f.Path) || f.Path == p.App.ConfigFile || strings.HasSuffix(f.Path, ".md") {
			continue
		}
		if text, ok := p.Text(f.Path); ok && word.MatchString(text) {
			return true
		}
	}
	return false
}
