package validate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/appimg/appimg/pkg/app"
)

// lintConfig is [lint] of appimg.toml.
type lintConfig struct {
	FailOn   Severity // Off where it is not said
	Skip     []string
	Severity map[string]Severity
	Ignore   []ignore
}

// ignore is one [[lint.ignore]].
type ignore struct {
	Rule, Path, Reason string
	key                string // of its table
}

// configKeys are the keys that [lint] may have. Those of single rules are read
// by them.
func configKeys() []string { return []string{"fail-on", "ignore", "settings", "severity", "skip"} }

// fault is what is wrong with a key of [lint].
type fault struct {
	key, why string
}

// readConfig reads [lint], as far as it is right; the rest is faults.
func readConfig(m *app.Manifest) (lintConfig, []fault) {
	c := lintConfig{Severity: map[string]Severity{}}
	if m == nil {
		return c, nil
	}
	var faults []fault
	for _, key := range slices.Sorted(maps.Keys(m.Lint)) {
		if why := c.set(key, m.Lint[key]); why != "" {
			faults = append(faults, fault{"lint." + key, why})
		}
		if table, ok := m.Lint[key].(map[string]any); ok && key == "severity" {
			faults = append(faults, c.setSeverities(table)...)
		}
		if list, ok := m.Lint[key].([]map[string]any); ok && key == "ignore" {
			faults = append(faults, c.setIgnore(list)...)
		}
	}
	return c, faults
}

func (c *lintConfig) set(key string, v any) (why string) {
	var err error
	switch key {
	case "fail-on":
		word, _ := v.(string)
		c.FailOn, err = ParseFailOn(word)
	case "skip":
		c.Skip, err = words(v)
	case "severity":
		if _, ok := v.(map[string]any); !ok {
			err = fmt.Errorf(`a table is wanted: [lint.severity] with rule = "off", "info", "warning" or "error"`)
		}
	case "ignore":
		if _, ok := v.([]map[string]any); !ok {
			err = fmt.Errorf("a list of tables is wanted: [[lint.ignore]] with rule, path and reason")
		}
	case "settings": // of persistent-data-off-volume
	default:
		err = fmt.Errorf("unknown key %q", key)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func severityOf(v any) (Severity, error) {
	word, _ := v.(string)
	return ParseSeverity(word)
}

func words(v any) ([]string, error) {
	list, ok := v.([]any)
	var out []string
	for _, item := range list {
		word, isText := item.(string)
		ok = ok && isText
		out = append(out, word)
	}
	if !ok {
		return nil, fmt.Errorf("a list of strings is wanted")
	}
	return out, nil
}

// setSeverities takes each rule that is right; a fault is at its own line.
func (c *lintConfig) setSeverities(table map[string]any) (faults []fault) {
	for _, rule := range slices.Sorted(maps.Keys(table)) {
		s, err := severityOf(table[rule])
		if err != nil {
			faults = append(faults, fault{"lint.severity." + rule, fmt.Sprintf("%s: %v", rule, err)})
			continue
		}
		c.Severity[rule] = s
	}
	return faults
}

// setIgnore takes each table that is right; a fault is at its own place.
func (c *lintConfig) setIgnore(list []map[string]any) (faults []fault) {
	for i, table := range list {
		one := ignore{key: fmt.Sprintf("lint.ignore[%d]", i)}
		one.Rule, _ = table["rule"].(string)
		one.Path, _ = table["path"].(string)
		one.Reason, _ = table["reason"].(string)
		if f := one.fault(); f.why != "" {
			faults = append(faults, f)
			continue
		}
		c.Ignore = append(c.Ignore, one)
	}
	return faults
}

func (i *ignore) fault() fault {
	for _, part := range []struct{ key, value string }{{"rule", i.Rule}, {"path", i.Path}, {"reason", i.Reason}} {
		if part.value == "" {
			return fault{i.key, part.key + " is missing: [[lint.ignore]] needs rule, path and reason"}
		}
	}
	if err := checkPattern(i.Path); err != nil {
		return fault{i.key + ".path", err.Error()}
	}
	return fault{}
}

// ignored are the suppressions of [[lint.ignore]].
func (p *Package) ignored(rel func(string) string) []*suppression {
	var out []*suppression
	for _, i := range p.config.Ignore {
		s := &suppression{rule: i.Rule, reason: i.Reason, pattern: i.Path, pos: p.App.Manifest.Pos(i.key)}
		if root := rel(p.App.Root); root != "." {
			s.below = root + "/"
		}
		s.noFile = !slices.ContainsFunc(p.Files(), func(f *File) bool { return matchPattern(i.Path, f.Rel) })
		out = append(out, s)
	}
	return out
}
