package app

import (
	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
)

// Config is config.json: the form that the end user fills in.
type Config struct {
	File       string
	Doc        *jsondoc.Value
	Faults     []jsondoc.Fault // duplicate keys and the like, which do not stop the reading
	Properties []*Property
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
	Min, Max, Step     *jsondoc.Value
	Pattern, Separator string
	Multichoice        bool
	Changeable         bool
	Properties         []*Property
	Doc                *jsondoc.Value
	Pos                diag.Pos // of the key's text
}

// Secret reports whether the value must not be shown: passwords and access keys.
func (p *Property) Secret() bool {
	return p != nil && (p.Type == "password" || p.Type == "accesskey")
}
