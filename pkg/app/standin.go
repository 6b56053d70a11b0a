package app

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
)

// standIn is a value for a property without a default: the first of its range,
// its least value, or one that its type and name suggest; always the same.
func standIn(p *Property) *jsondoc.Value {
	if len(p.Range) > 0 {
		return p.Range[0]
	}
	text := func(s string) *jsondoc.Value { return &jsondoc.Value{Kind: jsondoc.String, Text: s} }
	switch p.Type {
	case "integer", "number":
		if p.Min != nil && p.Min.Kind == jsondoc.Number {
			return p.Min
		}
		return &jsondoc.Value{Kind: jsondoc.Number, Text: usualNumber(p.Key)}
	case "boolean":
		return &jsondoc.Value{Kind: jsondoc.Bool, Text: "false"}
	case "array", "loadbalancer":
		return &jsondoc.Value{Kind: jsondoc.Array}
	case "vxnet":
		return text("vxnet-" + shortHash(p.Path)[:7])
	case "service":
		return text("cl-" + shortHash(p.Path))
	case "eip":
		return text("eip-" + shortHash(p.Path))
	case "password":
		return text("Passw0rd-" + shortHash(p.Path))
	case "accesskey":
		return text("AK" + strings.ToUpper(shortHash(p.Path)))
	}
	if p.Key == "vxnet" {
		return text("vxnet-" + shortHash(p.Path)[:7])
	}
	if p.Required != "yes" {
		return text("")
	}
	return text(strings.ReplaceAll(p.Key, ".", "-"))
}

// alwaysAsked reports whether every app leaves p to the user: the network, and
// secrets. A stand-in for it is nothing to speak of.
func alwaysAsked(p *Property) bool { return p.Type == "vxnet" || p.Key == "vxnet" || p.Secret() }

// usualNumber is a plausible size for the resources that every role has.
func usualNumber(key string) string {
	switch key {
	case "memory":
		return "1024"
	case "volume_size":
		return "10"
	case "instance_class":
		return "101"
	case "volume_class":
		return "100"
	default:
		return "1"
	}
}

// shortHash is eight hexadecimal digits that stand for text.
func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// shown is a value as notes may show it.
func shown(v *jsondoc.Value) string {
	switch {
	case v.Kind == jsondoc.String && v.Text == "":
		return "an empty value"
	case v.Kind == jsondoc.Array:
		return "a list"
	case v.Kind == jsondoc.Object:
		return "an object"
	default:
		return v.Text
	}
}
