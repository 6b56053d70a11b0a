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
type ignore struct{ Rule, Path, Reason string }

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
	}
	return c, faults
}

func (c *lintConfig) set(key string, v any) (why string) {
	var err error
	switch key {
	case "fail-on":
		c.FailOn, err = severityOf(v)
	case "skip":
		c.Skip, err = words(v)
	case "severity":
		if _, ok := v.(map[string]any); !ok {
			err = fmt.Errorf(`a table is wanted: [lint.severity] with rule = "off", "info", "warning" or "error"`)
		}
	case "ignore":
		err = c.setIgnore(v)
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

func (c *lintConfig) setIgnore(v any) error {
	list, ok := v.([]map[string]any)
	if !ok {
		return fmt.Errorf("a list of tables is wanted: [[lint.ignore]] with rule, path and reason")
	}
	for _, table := range list {
		var one ignore
		for key, to := range map[string]*string{"rule": &one.Rule, "path": &one.Path, "reason": &one.Reason} {
			if *to, ok = table[key].(string); !ok || *to == "" {
				return fmt.Errorf("%s is missing: [[lint.ignore]] needs rule, path and reason", key)
			}
		}
		c.Ignore = append(c.Ignore, one)
	}
	return nil
}

// ignored are the suppressions of [[lint.ignore]].
func (c *lintConfig) ignored(a *app.App) []*suppression {
	var out []*suppression
	for _, i := range c.Ignore {
		out = append(out, &suppression{rule: i.Rule, reason: i.Reason, file: i.Path, glob: true, pos: a.Manifest.Pos("lint.ignore")})
	}
	return out
}
