package validate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// together is what findings have in common that one change mends.
type together struct {
	key     any
	subject string
	say     func(subjects []string) string
}

// Together makes f one of the findings of its rule with this key: they are told
// as one, at the place of the first of the worst of them. Those that are
// suppressed do not count. say makes the message of what they are about, each
// once, that of the place first.
func (f *Finding) Together(key any, subject string, say func(subjects []string) string) *Finding {
	f.together = &together{key, subject, say}
	f.Message = say([]string{subject})
	return f
}

// AndMore is Together for findings that say the same of several subjects: behind what is
// said of the first stands one, or many with their number in the place of %d.
func (f *Finding) AndMore(key any, subject, one, many string) *Finding {
	said := f.Message
	return f.Together(key, subject, func(subjects []string) string {
		switch more := len(subjects) - 1; more {
		case 0:
			return said
		case 1:
			return said + " (" + one + ")"
		default:
			return said + " (" + fmt.Sprintf(many, more) + ")"
		}
	})
}

// toldTogether makes one finding of those that are told as one.
func toldTogether(all []*Finding) []*Finding {
	type group struct {
		rule string
		key  any
	}
	groups := map[group][]*Finding{}
	var order []group
	var out []*Finding
	for _, f := range all {
		if f.together == nil {
			out = append(out, f)
			continue
		}
		g := group{f.Rule, f.together.key}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], f)
	}
	for _, g := range order {
		out = append(out, oneOf(groups[g]))
	}
	return out
}

// oneOf is the first of the worst of some findings, which speaks for all.
func oneOf(list []*Finding) *Finding {
	slices.SortStableFunc(list, comparePlaces)
	first := slices.MaxFunc(list, func(a, b *Finding) int { return int(a.Severity) - int(b.Severity) })
	subjects := []string{first.together.subject}
	for _, f := range list {
		if !slices.Contains(subjects, f.together.subject) {
			subjects = append(subjects, f.together.subject)
		}
	}
	first.Message = first.together.say(subjects)
	for _, f := range list {
		if f.Role != first.Role {
			first.Role = "" // it is about several
		}
		if f != first {
			first.others = append(first.others, f)
			first.Also = append(first.Also, Place{f.File, f.Line, f.Col, f.EndLine, f.EndCol})
		}
	}
	return first
}

// each are findings with those that they speak for, in order of place.
func each(findings []*Finding) []*Finding {
	var out []*Finding
	for _, f := range findings {
		out = append(append(out, f), f.others...)
	}
	slices.SortStableFunc(out, comparePlaces)
	return out
}

// comparePlaces orders the findings of one folder by where they are.
func comparePlaces(a, b *Finding) int {
	return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
}
