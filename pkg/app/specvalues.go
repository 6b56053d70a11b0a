package app

import (
	"math"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
)

// params reads an env; ok tells an empty one from none.
func (s *Spec) params(m *jsondoc.Member) (params []Param, ok bool) {
	if m == nil {
		return nil, false
	}
	for _, env := range members(m.Value) {
		p := Param{Key: env.Key, Doc: env.Value, Pos: env.KeyPos, Property: s.properties[env.Value]}
		separator := ","
		if p.Property != nil && p.Property.Separator != "" {
			separator = p.Property.Separator
		}
		if p.Property != nil && p.Property.Type == "accesskey" {
			p.Sub = accessKey(env.Value)
		}
		p.Value = plain(env.Value, separator)
		params = append(params, p)
	}
	return params, true
}

// accessKey is what stands below an accesskey parameter.
func accessKey(v *jsondoc.Value) map[string]string {
	id, secret := v.Get("access_key_id").Str(), v.Get("secret_access_key").Str()
	if id == "" {
		id = plain(v, ",")
	}
	if secret == "" {
		secret = shortHash("secret of "+id) + shortHash("more of "+id)
	}
	return map[string]string{"access_key_id": id, "secret_access_key": secret}
}

// plain is a value as a template sees it: all values are strings there.
func plain(v *jsondoc.Value, separator string) string {
	if v.Kind == jsondoc.Null {
		return ""
	}
	if v.Kind != jsondoc.Array {
		return v.Text
	}
	var items []string
	for _, item := range v.Items {
		items = append(items, plain(item, separator))
	}
	return strings.Join(items, separator)
}

// members are those of an object, the last one where a name comes twice.
func members(v *jsondoc.Value) []jsondoc.Member {
	if v == nil {
		return nil
	}
	at := map[string]int{}
	var out []jsondoc.Member
	for _, m := range v.Members {
		if i, dup := at[m.Key]; dup {
			out[i] = m
			continue
		}
		at[m.Key] = len(out)
		out = append(out, m)
	}
	return out
}

// integer is a whole number, also one in quotes.
func integer(v *jsondoc.Value) (int, bool) {
	if n, ok := v.Int(); ok {
		return n, true
	}
	n, err := strconv.Atoi(v.Str())
	return n, err == nil
}

// intOr is a number without its fraction (arithmetic may give one), or fallback.
func intOr(v *jsondoc.Value, fallback int) int {
	if n, ok := integer(v); ok {
		return n
	}
	if v != nil && v.Kind == jsondoc.Number {
		if f, err := strconv.ParseFloat(v.Text, 64); err == nil && math.Abs(f) < 1e15 {
			return int(f)
		}
	}
	return fallback
}

// texts are the strings of a list, or the one string.
func texts(v *jsondoc.Value) []string {
	var out []string
	for _, item := range itemsOf(v) {
		if item.Kind == jsondoc.String {
			out = append(out, item.Text)
		}
	}
	return out
}

// itemsOf are the items of a list; a value that is none stands for itself.
func itemsOf(v *jsondoc.Value) []*jsondoc.Value {
	switch {
	case v == nil:
		return nil
	case v.Kind == jsondoc.Array:
		return v.Items
	default:
		return []*jsondoc.Value{v}
	}
}
