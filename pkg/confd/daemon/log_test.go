package daemon

import (
	"log/slog"
	"regexp"
	"strings"
	"testing"
)

func TestLogLines(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	log := slog.New(newHandler(&out, slog.LevelInfo, "i-abc", 42)).With("resource", "a.toml")
	log.Debug("unheard")
	log.Info("starting")
	log.Warn("two\nlines\n", "n", 1)
	log.Log(t.Context(), levelFatal, "the end")
	want := `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d) i-abc confd\[42\]: INFO starting resource=a.toml
\S+ i-abc confd\[42\]: WARNING two \| lines resource=a.toml n=1
\S+ i-abc confd\[42\]: FATAL the end resource=a.toml
$`
	if !regexp.MustCompile(want).MatchString(out.String()) {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"debug": "DEBUG", "info": "INFO", "warn": "WARNING", "WARNING": "WARNING", "error": "ERROR", "fatal": "FATAL", "panic": "FATAL"} {
		if l, err := parseLevel(name); err != nil || levelName(l) != want {
			t.Errorf("%q is %v, %v", name, levelName(l), err)
		}
	}
	if _, err := parseLevel("loud"); err == nil || !strings.Contains(err.Error(), `"loud"`) {
		t.Errorf("an unknown level: %v", err)
	}
}
