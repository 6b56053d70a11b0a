package daemon

import (
	"fmt"
	"strings"

	"github.com/appimg/appimg/pkg/confd/internal/oldtoml"
	"github.com/appimg/appimg/pkg/diag"
)

// setting takes a value of confd.toml.
type setting struct {
	flag string // the name of the flag that wins over it
	take func(v *oldtoml.Value) error
}

// settings are the names that confd.toml may have. Others are ignored: the
// platform, and other backends, keep settings of their own there.
func (inv *invocation) settings() map[string]setting {
	return map[string]setting{
		"backend":         {"backend", text(&inv.Backend)},
		"confdir":         {"confdir", text(&inv.ConfDir)},
		"interval":        {"interval", integer(&inv.interval)},
		"keep-stage-file": {"keep-stage-file", boolean(&inv.KeepStageFile)},
		"log-level":       {"log-level", text(&inv.LogLevel)},
		"nodes":           {"node", texts(&inv.Nodes)},
		"noop":            {"noop", boolean(&inv.Noop)},
		"prefix":          {"prefix", text(&inv.Prefix)},
		"scheme":          {"scheme", text(&inv.Scheme)},
		"sync-only":       {"sync-only", boolean(&inv.SyncOnly)},
		"watch":           {"watch", boolean(&inv.Watch)},
	}
}

// merge takes from confd.toml what no flag has said.
func (inv *invocation) merge(file string, data []byte) error {
	const op = "reading the configuration"
	root, err := oldtoml.Parse(file, data)
	if err != nil {
		return &diag.Error{Op: op, Err: err}
	}
	known := inv.settings()
	for _, e := range root.Entries {
		s, ok := known[strings.ToLower(e.Key)]
		if !ok || inv.set[s.flag] {
			continue
		}
		if err := s.take(e.Value); err != nil {
			return &diag.Error{Op: op, Pos: diag.At(file, string(data), e.Value.Offset), Err: fmt.Errorf("%s: %w", e.Key, err)}
		}
	}
	return nil
}

func text(to *string) func(*oldtoml.Value) error {
	return func(v *oldtoml.Value) error {
		if v.Kind != oldtoml.String {
			return mismatch("a string", v)
		}
		*to = v.Text
		return nil
	}
}

func boolean(to *bool) func(*oldtoml.Value) error {
	return func(v *oldtoml.Value) error {
		if v.Kind != oldtoml.Bool {
			return mismatch("true or false", v)
		}
		*to = v.Text == "true"
		return nil
	}
}

func integer(to *int) func(*oldtoml.Value) error {
	return func(v *oldtoml.Value) error {
		if v.Kind != oldtoml.Integer {
			return mismatch("an integer", v)
		}
		*to = int(v.Int)
		return nil
	}
}

func texts(to *[]string) func(*oldtoml.Value) error {
	return func(v *oldtoml.Value) error {
		if v.Kind != oldtoml.Array {
			return mismatch("an array of strings", v)
		}
		var out []string
		for _, item := range v.Items {
			if item.Kind != oldtoml.String {
				return mismatch("an array of strings", item)
			}
			out = append(out, item.Text)
		}
		*to = out
		return nil
	}
}

func mismatch(want string, v *oldtoml.Value) error {
	return fmt.Errorf("expected %s, found a %s", want, v.Kind)
}
