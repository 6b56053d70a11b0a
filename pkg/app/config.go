package app

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
)

// Config is config.json: the form that the end user fills in.
type Config struct {
	File       string
	Doc        *jsondoc.Value  // nil where nothing could be read
	Faults     []jsondoc.Fault // what is wrong with the JSON
	Properties []*Property

	byPath map[string]*Property
}

// Property is one property of config.json. One with Properties is a group;
// the others are leaves.
type Property struct {
	Key, Path          string // Path is dotted, from the top: "env.web.console.enabled"
	Label, Description string
	Type               string
	Default            *jsondoc.Value // nil if absent
	Required           string         // "yes", "no", or "" where it is not said
	Range              []*jsondoc.Value
	Min, Max, Step     *jsondoc.Value // nil if absent
	Pattern, Separator string
	Multichoice        bool
	Changeable         bool
	Properties         []*Property
	Doc                *jsondoc.Value
	Pos                diag.Pos // of the key's text, else of the object
}

// Secret reports whether the value must not be shown: passwords and access keys.
func (p *Property) Secret() bool {
	return p != nil && (p.Type == "password" || p.Type == "accesskey")
}

// ParseConfig reads config.json as far as it can be read; Faults has the rest.
func ParseConfig(file string, data []byte) *Config {
	doc, faults := jsondoc.ParseTolerant(file, data, jsondoc.Options{})
	c := &Config{File: file, Doc: doc, Faults: faults}
	c.Properties = properties(doc.Get("properties"), "")
	c.byPath = map[string]*Property{}
	c.index(c.Properties)
	return c
}

// index notes where Lookup finds each path.
func (c *Config) index(list []*Property) {
	for _, p := range list {
		if c.byPath[p.Path] == nil {
			c.byPath[p.Path] = p
		} else {
			c.byPath[p.Path] = lookup(c.Properties, p.Path) // several ways lead there
		}
		c.index(p.Properties)
	}
}

// properties reads a list of properties. (A single one without brackets is
// taken as well.)
func properties(list *jsondoc.Value, prefix string) []*Property {
	if list == nil {
		return nil
	}
	items := list.Items
	if list.Kind == jsondoc.Object {
		items = []*jsondoc.Value{list}
	}
	var out []*Property
	for _, item := range items {
		if key := item.Get("key"); key != nil && key.Kind == jsondoc.String {
			out = append(out, property(item, key, prefix))
		}
	}
	return out
}

func property(v, key *jsondoc.Value, prefix string) *Property {
	p := &Property{
		Key: key.Text, Path: prefix + key.Text, Pos: key.Pos, Doc: v,
		Label: v.Get("label").Str(), Description: v.Get("description").Str(), Type: v.Get("type").Str(),
		Default: v.Get("default"), Required: v.Get("required").Str(),
		Min: v.Get("min"), Max: v.Get("max"), Step: v.Get("step"),
		Pattern: v.Get("pattern").Str(), Separator: v.Get("separator").Str(),
		Multichoice: v.Get("multichoice").Bool(), Changeable: v.Get("changeable").Bool(),
	}
	if r := v.Get("range"); r != nil {
		p.Range = r.Items
	}
	p.Properties = properties(v.Get("properties"), p.Path+".")
	return p
}

// Err is the first fault that makes config.json unreadable for the platform,
// with its place, or nil. A duplicate key is none: the last one counts.
func (c *Config) Err() error { return firstFault(c.Faults) }

func firstFault(faults []jsondoc.Fault) error {
	for _, f := range faults {
		if f.Kind != jsondoc.DuplicateKey {
			return f.Err()
		}
	}
	return nil
}

// Lookup is the property at a dotted path, or nil. Keys contain dots: at each
// level the longest key that leads to a property counts.
func (c *Config) Lookup(path string) *Property {
	if c == nil {
		return nil
	}
	return c.byPath[path]
}

func lookup(list []*Property, path string) *Property {
	var fits []*Property
	for _, p := range list {
		if p.Key == path {
			return p
		}
		if strings.HasPrefix(path, p.Key+".") {
			fits = append(fits, p)
		}
	}
	slices.SortStableFunc(fits, func(a, b *Property) int { return len(b.Key) - len(a.Key) })
	for _, p := range fits {
		if found := lookup(p.Properties, path[len(p.Key)+1:]); found != nil {
			return found
		}
	}
	return nil
}

// Leaves are the properties that hold a value, in the order of the file.
func (c *Config) Leaves() []*Property {
	if c == nil {
		return nil
	}
	var out []*Property
	var walk func([]*Property)
	walk = func(list []*Property) {
		for _, p := range list {
			if p.Group() {
				walk(p.Properties)
			} else {
				out = append(out, p)
			}
		}
	}
	walk(c.Properties)
	return out
}

// Group reports whether the property only holds others.
func (p *Property) Group() bool { return p.Doc.Member("properties") != nil }
