package confd

import (
	"reflect"
	"strconv"
	"strings"
	"time"
)

// equal compares numbers, and strings that look like numbers, as floats; the
// rest must be of one type and deeply equal. So "1.10" equals "1.1".
func equal(a, b any) bool { return reflect.DeepEqual(normal(a), normal(b)) }

func notEqual(a, b any) bool { return !equal(a, b) }

func normal(v any) any {
	if s, ok := v.(string); ok {
		if n, err := parseNumber(s); err == nil {
			return n.float()
		}
		return v
	}
	if n, err := toNumber(v, errOperand); err == nil {
		return n.float()
	}
	return v
}

func greater(a, b any) bool        { x, y := ordered(a, b); return x > y }
func greaterOrEqual(a, b any) bool { x, y := ordered(a, b); return x >= y }
func less(a, b any) bool           { x, y := ordered(a, b); return x < y }
func lessOrEqual(a, b any) bool    { x, y := ordered(a, b); return x <= y }

// ordered maps two values to floats that compare as the values do. Two
// strings that are no numbers compare bytewise.
func ordered(a, b any) (x, y float64) {
	x, aText := weight(a)
	y, bText := weight(b)
	if aText && bText {
		return float64(strings.Compare(reflect.ValueOf(a).String(), reflect.ValueOf(b).String())), 0
	}
	return x, y
}

// weight is what a value counts in an ordering: a number itself, a list its
// length, a time its Unix seconds. Whatever else there is (booleans, nil,
// bytes and other unsigned numbers too) counts 0, as does a string that is no
// number; that one is text.
func weight(v any) (w float64, isText bool) {
	if t, ok := v.(time.Time); ok {
		return float64(t.Unix()), false
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Array, reflect.Chan, reflect.Map, reflect.Slice:
		return float64(rv.Len()), false
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return float64(rv.Int()), false
	case reflect.Float32, reflect.Float64:
		return rv.Float(), false
	case reflect.String:
		w, err := strconv.ParseFloat(rv.String(), 64)
		return w, err != nil
	}
	return 0, false
}
