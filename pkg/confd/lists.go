package confd

import (
	"errors"
	"reflect"
	"regexp"

	"github.com/appimg/appimg/pkg/confd/internal/memkv"
)

// filter keeps the strings of a list, and the pairs by their values, that
// match a regular expression. The expression is looked at only when there is
// something to match; elements of other types are dropped.
func (e *env) filter(pattern string, list any) ([]any, error) {
	rv := reflect.ValueOf(list)
	if rv.Kind() != reflect.Slice && rv.Kind() != reflect.Array {
		return nil, errNoList
	}
	kept := []any{}
	var re *regexp.Regexp
	for i := range rv.Len() {
		item := rv.Index(i).Interface()
		text, ok := matchable(item)
		if !ok {
			continue
		}
		if re == nil {
			var err error
			if re, err = e.pattern(pattern); err != nil {
				return nil, err
			}
		}
		if re.MatchString(text) {
			kept = append(kept, item)
		}
	}
	return kept, nil
}

// maxPatterns bounds how many patterns are remembered: a template may make them of
// metadata.
const maxPatterns = 32

// pattern is a regular expression, which a template asks for in loops and on every
// node.
func (e *env) pattern(text string) (*regexp.Regexp, error) {
	if re := e.patterns[text]; re != nil {
		return re, nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, err
	}
	if e.patterns == nil || len(e.patterns) == maxPatterns {
		e.patterns = map[string]*regexp.Regexp{}
	}
	e.patterns[text] = re
	return re, nil
}

func matchable(item any) (string, bool) {
	switch item := item.(type) {
	case string:
		return item, true
	case memkv.KVPair:
		return item.Value, true
	}
	return "", false
}

// newMap builds a map of alternating keys and values.
func newMap(values ...any) (map[string]any, error) {
	if len(values)%2 != 0 {
		return nil, errors.New("invalid map call")
	}
	m := make(map[string]any, len(values)/2)
	for i := 0; i < len(values); i += 2 {
		key, ok := values[i].(string)
		if !ok {
			return nil, errors.New("map keys must be strings")
		}
		m[key] = values[i+1]
	}
	return m, nil
}
