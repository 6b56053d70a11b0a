package confd

import (
	"fmt"
	"strings"
	"text/template"
)

// The functions that can make a text, or a value, longer than what they were
// given: each asks the budget before it starts.

const (
	itemBytes = 16 // what an element of a list takes
	// decodedRatio is how much longer a decoded JSON text can be than the text.
	decodedRatio = 16
	// escapedRatio is how much longer an escaped text can be than the text.
	escapedRatio = 6
)

func (e *env) split(s, sep string) ([]string, error) {
	n := strings.Count(s, sep) + 1
	if err := e.budget.spend(n * itemBytes); err != nil {
		return nil, err
	}
	return strings.Split(s, sep), nil
}

func (e *env) join(list []string, sep string) (string, error) {
	n := len(sep) * len(list)
	for _, s := range list {
		n += len(s)
	}
	if err := e.budget.spend(n); err != nil {
		return "", err
	}
	return strings.Join(list, sep), nil
}

func (e *env) replace(s, from, to string, n int) (string, error) {
	count := strings.Count(s, from)
	if n >= 0 {
		count = min(count, n)
	}
	if err := e.budget.spend(len(s) + count*len(to)); err != nil {
		return "", err
	}
	return strings.Replace(s, from, to, n), nil
}

func (e *env) toUpper(s string) (string, error) {
	return strings.ToUpper(s), e.budget.spend(len(s))
}

func (e *env) toLower(s string) (string, error) {
	return strings.ToLower(s), e.budget.spend(len(s))
}

func (e *env) json(text string) (map[string]any, error) {
	if err := e.budget.spend(decodedRatio * len(text)); err != nil {
		return nil, err
	}
	return jsonObject(text)
}

func (e *env) jsonArray(text string) ([]any, error) {
	if err := e.budget.spend(decodedRatio * len(text)); err != nil {
		return nil, err
	}
	return jsonArray(text)
}

func (e *env) toJSON(v any) (string, error) {
	if err := e.budget.spend(escapedRatio * size(v, maxText)); err != nil {
		return "", err
	}
	return toJSON(v)
}

func (e *env) toYAML(v any) (string, error) {
	if err := e.budget.spend(escapedRatio * size(v, maxText)); err != nil {
		return "", err
	}
	return toYAML(v)
}

func (e *env) base64Encode(v any) (string, error) {
	if s, ok := v.(string); ok {
		if err := e.budget.spend(2 * len(s)); err != nil {
			return "", err
		}
	}
	return base64Encode(v)
}

// newMap counts its values with all that is in them: maps of maps of the same
// value are small in memory and endless in print.
func (e *env) newMap(values ...any) (map[string]any, error) {
	if err := e.budget.spend(size(values, maxText)); err != nil {
		return nil, err
	}
	return newMap(values...)
}

// bounded are Go's own functions that produce text, within the budget.
func (e *env) bounded() template.FuncMap {
	return template.FuncMap{
		"print":   func(args ...any) (string, error) { return e.text(args, 1, fmt.Sprint) },
		"println": func(args ...any) (string, error) { return e.text(args, 1, fmt.Sprintln) },
		"printf":  e.printf,
		"html":    func(args ...any) (string, error) { return e.text(args, escapedRatio, template.HTMLEscaper) },
		"js":      func(args ...any) (string, error) { return e.text(args, escapedRatio, template.JSEscaper) },
		"urlquery": func(args ...any) (string, error) {
			return e.text(args, escapedRatio, template.URLQueryEscaper)
		},
	}
}

func (e *env) text(args []any, ratio int, make func(...any) string) (string, error) {
	if err := e.budget.spend(ratio * size(args, maxText)); err != nil {
		return "", err
	}
	return make(args...), nil
}

// printf takes off the budget what it made; before that it makes sure that
// the worst the format can do would fit.
func (e *env) printf(format string, args ...any) (string, error) {
	longest := 0
	for _, a := range args {
		longest = max(longest, size(a, maxText))
	}
	if worst := len(format) + widths(format, escapedRatio*longest); worst > maxText-e.budget.text {
		return "", errText
	}
	s := fmt.Sprintf(format, args...)
	return s, e.budget.spend(len(s))
}

// widths bounds the length of what the verbs of a format print, each taking
// the longest argument or its own width, whichever is more.
func widths(format string, longest int) (total int) {
	const starWidth = 1_000_000 // what package fmt accepts at most
	for i := 0; i < len(format) && total <= maxText; i++ {
		if format[i] != '%' {
			continue
		}
		width, number := 0, 0
	flags:
		for i++; i < len(format); i++ {
			switch c := format[i]; {
			case c >= '0' && c <= '9':
				number = min(10*number+int(c-'0'), starWidth)
				width = max(width, number)
			case c == '*':
				width = starWidth
			case strings.IndexByte("+-# .[]", c) >= 0:
				number = 0
			default:
				break flags
			}
		}
		total += max(width, longest) + 32
	}
	return total
}
