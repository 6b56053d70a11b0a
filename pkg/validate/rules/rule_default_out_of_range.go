package rules

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/validate"
)

// defaultOutOfRange finds defaults that the console itself would refuse.
func defaultOutOfRange() validate.Rule {
	return validate.NewRule("default-out-of-range", validate.Error, "A default is none of the values that its property admits",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, leaf := range p.App.Config.Leaves() {
				checkBounds(r, leaf)
				if leaf.Default != nil {
					checkDefault(r, leaf, leaf.Default)
				}
			}
			return nil
		})
}

func checkBounds(r *validate.Reporter, p *app.Property) {
	low, okLow := number(p.Min)
	high, okHigh := number(p.Max)
	if okLow && okHigh && low > high {
		span(r, p.Min, "min of %q is %s, which is more than its max %s", p.Path, p.Min.Text, p.Max.Text)
	}
	for _, v := range p.Range {
		if why := mistyped(p.Type, v); why != "" {
			span(r, v, "range of %q has %s: %s", p.Path, show(v), why)
		}
	}
}

func checkDefault(r *validate.Reporter, p *app.Property, v *jsondoc.Value) {
	if v.Kind == jsondoc.Null || v.Kind == jsondoc.String && v.Text == "" && p.Type != "integer" && p.Type != "number" {
		return
	}
	if why := mistyped(p.Type, v); why != "" {
		span(r, v, "default of %q is %s: %s", p.Path, show(v), why)
		return
	}
	for _, one := range chosen(p, v) {
		if len(p.Range) > 0 && !inRange(p, one) {
			span(r, v, "default of %q is %q, which is not in its range", p.Path, one).As(validate.Warning)
		}
	}
	if re, err := regexp.Compile(p.Pattern); p.Pattern != "" && err == nil && v.Kind == jsondoc.String && !re.MatchString(v.Text) {
		span(r, v, "default of %q is %q, which its pattern %s refuses", p.Path, v.Text, p.Pattern).As(validate.Warning)
	}
	low, hasLow := number(p.Min)
	high, hasHigh := number(p.Max)
	if hasLow && hasHigh && low > high {
		return // no number is between them: that is said already
	}
	if n, ok := number(v); ok {
		if hasLow && n < low {
			span(r, v, "default of %q is %s, which is less than its min %s", p.Path, v.Text, p.Min.Text)
		}
		if hasHigh && n > high {
			span(r, v, "default of %q is %s, which is more than its max %s", p.Path, v.Text, p.Max.Text)
		}
	}
}

// chosen are the single values of a default: several with multichoice.
func chosen(p *app.Property, v *jsondoc.Value) []string {
	if v.Kind == jsondoc.Array || v.Kind == jsondoc.Object {
		return nil
	}
	if !p.Multichoice {
		return []string{v.Text}
	}
	sep := p.Separator
	if sep == "" {
		sep = ","
	}
	return strings.Split(v.Text, sep)
}

func inRange(p *app.Property, text string) bool {
	for _, v := range p.Range {
		if v.Text == text {
			return true
		}
	}
	return false
}

func number(v *jsondoc.Value) (float64, bool) {
	if v == nil || v.Kind != jsondoc.Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(v.Text, 64)
	return f, err == nil
}

// mistyped is why a value is not of a property's type.
func mistyped(kind string, v *jsondoc.Value) string {
	_, whole := v.Int()
	switch {
	case kind == "integer" && !whole:
		return "the property is of type integer"
	case kind == "number" && v.Kind != jsondoc.Number:
		return "the property is of type number"
	case kind == "boolean" && v.Kind != jsondoc.Bool:
		return "the property is of type boolean"
	case (kind == "string" || kind == "password") && v.Kind != jsondoc.String:
		return "the property is of type " + kind
	}
	return ""
}
