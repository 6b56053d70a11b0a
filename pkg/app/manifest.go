package app

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/appimg/appimg/pkg/diag"
)

// Manifest is appimg.toml.
type Manifest struct {
	File      string `toml:"-"`
	Name      string `toml:"name"`
	Version   string `toml:"version"`
	Namespace string `toml:"namespace"` // on dockerhub.qingcloud.com

	App    ManifestApp              `toml:"app"`
	Agent  ManifestAgent            `toml:"agent"`
	Docker ManifestDocker           `toml:"docker"`
	Images map[string]ManifestImage `toml:"images"`
	KVM    ManifestKVM              `toml:"kvm"`
	Render ManifestRender           `toml:"render"`
	Lint   map[string]any           `toml:"lint"` // read by the rules

	pos map[string]diag.Pos
}

// ManifestApp is [app].
type ManifestApp struct {
	Dir string `toml:"dir"` // of config.json, cluster.json.mustache and locale/; default "app"
}

// ManifestAgent is [agent].
type ManifestAgent struct {
	Source string `toml:"source"` // builtin (default), official, base, a path or a URL
}

// ManifestDocker is [docker].
type ManifestDocker struct {
	Base      string            `toml:"base"`
	Tags      []string          `toml:"tags"`
	Platforms []string          `toml:"platforms"`
	Labels    map[string]string `toml:"labels"`
}

// ManifestImage is [images.<name>].
type ManifestImage struct {
	Dir   string   `toml:"dir"` // default images/<name>
	Roles []string `toml:"roles"`
	Base  string   `toml:"base"`
	Tags  []string `toml:"tags"`
}

// ManifestKVM is [kvm].
type ManifestKVM struct {
	Provision []string `toml:"provision"` // scripts, relative to the project
}

// ManifestRender is [render].
type ManifestRender struct {
	Env map[string]string `toml:"env"` // what getenv answers
}

// Pos is the place of a key ("docker.base", "images.web.roles"), or of the
// nearest table above it; the file alone where it has neither.
func (m *Manifest) Pos(key string) diag.Pos {
	for key != "" {
		if pos, ok := m.pos[key]; ok {
			return pos
		}
		key = key[:max(0, strings.LastIndexAny(key, ".["))]
	}
	return diag.Pos{File: m.File}
}

// ParseManifest reads appimg.toml strictly: a key that it does not know is an
// error, with its place and the nearest one that exists.
func ParseManifest(file string, data []byte) (*Manifest, error) {
	op := fmt.Sprintf("parsing %q", file)
	if err := CheckText(file, data); err != nil {
		return nil, fmt.Errorf("%s: %w", op, err)
	}
	m := &Manifest{File: file}
	md, err := toml.Decode(string(data), m)
	if pe := (toml.ParseError{}); errors.As(err, &pe) {
		return nil, &diag.Error{Op: op, Pos: m.parseErrorPos(pe), Err: errors.New(tomlMessage(pe))}
	}
	m.pos = tomlPlaces(file, string(data))
	if err != nil {
		key, why := typeFault(err)
		return nil, &diag.Error{Op: op, Pos: m.Pos(key), Err: errors.New(why)}
	}
	if err := m.unknownKeys(op, md.Keys()); err != nil {
		return m, err
	}
	return m, m.notTables(op, md)
}

// notTables is an error for each key that wants a table of one's own keys and
// has another value, which the decoder passes over in silence.
func (m *Manifest) notTables(op string, md toml.MetaData) error {
	var errs []error
	for _, key := range md.Keys() {
		if t := typeOf(reflect.TypeFor[Manifest](), key); t != nil && t.Kind() == reflect.Map && md.Type(key...) != "Hash" {
			errs = append(errs, &diag.Error{Op: op, Pos: m.Pos(strings.Join(key, ".")), Err: fmt.Errorf("key %q: a table is wanted", key.String())})
		}
	}
	return errors.Join(errs...)
}

// typeOf is the type of what lies at a path of keys, nil where nothing can. What
// may be anything may have anything below it.
func typeOf(t reflect.Type, path []string) reflect.Type {
	for _, step := range path {
		switch t.Kind() {
		case reflect.Map:
			t = t.Elem()
		case reflect.Struct:
			f := fieldOf(t, step)
			if f == nil {
				return nil
			}
			t = f.Type
		case reflect.Interface:
			return t
		default:
			return nil
		}
	}
	return t
}

// typeFault takes the decoder's message for a value of a wrong type apart: it
// gives no place.
func typeFault(err error) (key, why string) {
	why = strings.TrimPrefix(err.Error(), "toml: ")
	if _, rest, ok := strings.Cut(why, `(last key "`); ok {
		key, rest, _ = strings.Cut(rest, `"): `)
		return key, fmt.Sprintf("key %q: %s", key, rest)
	}
	return "", why
}

// unknownKeys is an error for each key that Manifest does not have. (The
// decoder itself takes Name for name.)
func (m *Manifest) unknownKeys(op string, keys []toml.Key) error {
	var errs []error
	unknown := map[string]bool{}
	for _, key := range keys {
		known, free := knownKeys(reflect.TypeFor[Manifest](), key[:len(key)-1])
		if free || slices.Contains(known, key[len(key)-1]) {
			continue
		}
		unknown[key.String()] = true
		if !unknown[key[:len(key)-1].String()] {
			errs = append(errs, m.unknownKey(op, key, known))
		}
	}
	return errors.Join(errs...)
}

func (m *Manifest) parseErrorPos(pe toml.ParseError) diag.Pos {
	return diag.Pos{File: m.File, Line: pe.Position.Line, Col: pe.Position.Col}
}

func tomlMessage(pe toml.ParseError) string {
	if pe.LastKey != "" {
		return fmt.Sprintf("key %q: %s", pe.LastKey, pe.Message)
	}
	return pe.Message
}

func (m *Manifest) unknownKey(op string, key toml.Key, known []string) error {
	err := error(&diag.Error{Op: op, Pos: m.Pos(strings.Join(key, ".")), Err: fmt.Errorf("unknown key %q", key.String())})
	otherwise := ""
	if len(known) > 0 {
		otherwise = "known here: " + strings.Join(known, ", ")
	}
	return diag.DidYouMean(err, key[len(key)-1], known, otherwise)
}

// knownKeys are the keys that the table at path may have; free says that it may
// have any.
func knownKeys(t reflect.Type, path []string) (known []string, free bool) {
	if t = typeOf(t, path); t == nil {
		return nil, false
	}
	if t.Kind() != reflect.Struct {
		return nil, true
	}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("toml"); name != "" && name != "-" {
			known = append(known, name)
		}
	}
	return known, false
}

func fieldOf(t reflect.Type, key string) *reflect.StructField {
	for i := range t.NumField() {
		if f := t.Field(i); f.Tag.Get("toml") == key {
			return &f
		}
	}
	return nil
}
