package scaffold

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
)

// Env is an env parameter: what the end user can set, and templates read at
// /env/<Name>.
type Env struct {
	Name        string
	Role        string // "" is the whole cluster's
	Type        string // of config.json; default "string"
	Default     *string
	Range       []string
	Min, Max    string // "" is no bound
	Label       string // default Name
	Description string // default Label
}

// envTypes are the types of config.json that an env parameter can have
// (platform guide, section 6).
var envTypes = []string{"integer", "boolean", "number", "string", "password", "accesskey"}

// envName keeps a parameter usable as a key, in {{…}} and as a path of metadata.
var envName = lazyregexp.New(`^[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*$`)

// AddEnv adds a parameter to config.json, cluster.json.mustache and the
// translations. One that is there already is an error (ErrExists).
func AddEnv(ctx context.Context, a *app.App, e Env) (Edits, error) {
	w := &workspace{app: a}
	if err := w.addEnv(e); err != nil {
		return nil, fmt.Errorf("adding parameter %q: %w", e.Name, err)
	}
	return w.finish(ctx)
}

func (w *workspace) addEnv(e Env) error {
	property, err := e.property()
	if err != nil {
		return err
	}
	if err := w.addEnvProperty(e, property); err != nil {
		return err
	}
	if err := w.addEnvReference(e); err != nil {
		return err
	}
	return w.translate(e.label(), e.description())
}

func (e Env) label() string       { return cmp.Or(e.Label, e.Name) }
func (e Env) description() string { return cmp.Or(e.Description, e.label()) }

// property is the parameter as config.json has it.
func (e Env) property() (string, error) {
	if !envName.MatchString(e.Name) {
		return "", diag.WithHint(fmt.Errorf("this is no name for a parameter"), "letters, digits and _, parts joined by . or -; no spaces")
	}
	e.Type = cmp.Or(e.Type, "string")
	if !slices.Contains(envTypes, e.Type) {
		err := fmt.Errorf("unknown type %q", e.Type)
		return "", diag.DidYouMean(err, e.Type, envTypes, "types are "+strings.Join(envTypes, ", "))
	}
	fields := []string{
		field("key", quote(e.Name)), field("label", quote(e.label())),
		field("description", quote(e.description())), field("type", quote(e.Type)),
	}
	required := "yes"
	if e.Default != nil {
		value, err := e.value("default", *e.Default)
		if err != nil {
			return "", err
		}
		fields, required = append(fields, field("default", value)), "no"
	}
	bounds, err := e.bounds()
	if err != nil {
		return "", err
	}
	fields = append(append(fields, bounds...), field("required", quote(required)))
	return "{" + strings.Join(fields, ", ") + "}", nil
}

// bounds are range, min and max, which the default must observe.
func (e Env) bounds() ([]string, error) {
	var fields []string
	if len(e.Range) > 0 {
		var values []string
		for _, r := range e.Range {
			value, err := e.value("range", r)
			if err != nil {
				return nil, err
			}
			values = append(values, value)
		}
		if e.Default != nil && !slices.Contains(e.Range, *e.Default) {
			return nil, fmt.Errorf("default %q is not in the range %s", *e.Default, strings.Join(e.Range, ", "))
		}
		fields = append(fields, field("range", "["+strings.Join(values, ", ")+"]"))
	}
	for _, b := range []struct {
		name, text string
		wrong      func(value, bound float64) bool
	}{
		{"min", e.Min, func(v, b float64) bool { return v < b }},
		{"max", e.Max, func(v, b float64) bool { return v > b }},
	} {
		if b.text == "" {
			continue
		}
		if err := e.bound(b.name, b.text, b.wrong); err != nil {
			return nil, err
		}
		fields = append(fields, field(b.name, b.text))
	}
	return fields, nil
}

func (e Env) bound(name, text string, wrong func(value, bound float64) bool) error {
	if e.Type != "integer" && e.Type != "number" {
		return fmt.Errorf("%s is for integer and number, not for %s", name, e.Type)
	}
	if _, err := e.value(name, text); err != nil {
		return err
	}
	bound, _ := strconv.ParseFloat(text, 64)
	if e.Default == nil {
		return nil
	}
	if v, _ := strconv.ParseFloat(*e.Default, 64); wrong(v, bound) {
		return fmt.Errorf("default %s is beyond %s %s", *e.Default, name, text)
	}
	return nil
}

var jsonInteger = lazyregexp.New(`^-?(0|[1-9][0-9]*)$`)

// value is text as JSON of the parameter's type.
func (e Env) value(what, text string) (string, error) {
	ok := true
	switch e.Type {
	case "integer":
		ok = jsonInteger.MatchString(text)
	case "number":
		ok = json.Valid([]byte(text)) && strings.IndexAny(text[:1], "-0123456789") == 0
	case "boolean":
		ok = text == "true" || text == "false"
	default:
		return quote(text), nil
	}
	if !ok {
		return "", fmt.Errorf("%s %q is no %s", what, text, e.Type)
	}
	return text, nil
}

// addEnvProperty appends the property to the group of env, or of the role's env.
func (w *workspace) addEnvProperty(e Env, property string) error {
	group := []string{"env"}
	if e.Role != "" {
		group = append(group, e.Role)
	}
	if there := w.app.Config.Lookup(strings.Join(append(group, e.Name), ".")); there != nil {
		return existsAt(there.Pos)
	}
	at := []string{"properties"}
	for _, key := range group {
		if err := w.ensureGroup(at, key); err != nil {
			return err
		}
		at = append(at, "key="+key, "properties")
	}
	return w.config(jsondoc.AppendItem(property, at...))
}

// ensureGroup makes the group key in the list of properties at.
func (w *workspace) ensureGroup(at []string, key string) error {
	e, err := w.open(w.app.ConfigFile)
	if err != nil {
		return err
	}
	doc, _ := jsondoc.ParseTolerant(w.app.ConfigFile, e.New, jsondoc.Options{})
	if doc.Get(append(slices.Clone(at), "key="+key)...) != nil {
		return nil
	}
	label := "Settings"
	if key != "env" {
		label = "Settings of " + key
	}
	group := fmt.Sprintf(`{"key": %s, "label": %s, "description": %s, "type": "array", "properties": []}`, quote(key), quote(label), quote(label))
	if err := w.config(jsondoc.AppendItem(group, at...)); err != nil {
		return err
	}
	return w.translate(label)
}

// addEnvReference puts {{env.NAME}} into the env of cluster.json.mustache.
func (w *workspace) addEnvReference(e Env) error {
	doc, err := w.clusterDoc()
	if err != nil {
		return err
	}
	at, reference := []string{"env"}, "{{env."+e.Name+"}}"
	if e.Role != "" {
		node, err := nodeOf(doc, e.Role)
		if err != nil {
			return err
		}
		at, reference = append(node, "env"), "{{env."+e.Role+"."+e.Name+"}}"
	}
	if doc.Get(at...) == nil {
		return w.cluster(jsondoc.SetValue("{"+quote(e.Name)+": "+reference+"}", at...))
	}
	if there := doc.Get(append(slices.Clone(at), e.Name)...); there != nil {
		return existsAt(there.Pos)
	}
	return w.cluster(jsondoc.SetValue(reference, append(at, e.Name)...))
}

// nodeOf is the path of the entry of nodes that is role.
func nodeOf(doc *jsondoc.Value, role string) ([]string, error) {
	if doc.Get("nodes", "role="+role) != nil {
		return []string{"nodes", "role=" + role}, nil
	}
	var names []string
	for _, n := range nodesOf(doc) {
		names = append(names, n.Get("role").Str())
	}
	err := fmt.Errorf("no role %q in cluster.json.mustache", role)
	if len(names) == 1 && names[0] == "" {
		return nil, diag.WithHint(err, "its one role has no name")
	}
	return nil, diag.DidYouMean(err, role, names, "its roles are "+strings.Join(names, ", "))
}

// nodesOf are the entries of nodes.
func nodesOf(doc *jsondoc.Value) []*jsondoc.Value {
	if nodes := doc.Get("nodes"); nodes != nil {
		return nodes.Items
	}
	return nil
}

func field(name, value string) string { return quote(name) + ": " + value }

// quote is text as a JSON string, with <, > and & as they are.
func quote(text string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a string can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}
