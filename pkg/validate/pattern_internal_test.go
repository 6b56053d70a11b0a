package validate

import (
	"strings"
	"testing"
)

func TestPatternsOfFiles(t *testing.T) {
	for _, c := range []struct {
		pattern, file string
		want          bool
	}{
		{"app/config.json", "app/config.json", true},
		{"./app/config.json", "app/config.json", true},
		{"app", "app/locale/en.json", true},
		{"app/", "app/locale/en.json", true},
		{"app", "apple/en.json", false},
		{".", "app/config.json", true},
		{"app/*.json", "app/config.json", true},
		{"app/*.json", "app/locale/en.json", false},
		{"app/*", "app/locale/en.json", false},
		{"*/", "app/locale/en.json", true},
		{"**", "appimg.toml", true},
		{"**/*.json", "top.json", true},
		{"**/*.json", "app/locale/en.json", true},
		{"**/*.json", "app/cluster.json.mustache", false},
		{"app/**", "app/locale/en.json", true},
		{"app/**", "app", false},
		{"**/locale/**", "app/locale/en.json", true},
		{"**/locale/**", "locale/en.json", true},
		{"app/**/en.json", "app/en.json", true},
		{"app/**/en.json", "app/a/b/en.json", true},
		{"app/**/en.json", "b/en.json", false},
		{"**/a/**/b", "a/x/a/y/b", true},
		{strings.Repeat("**/a/", 30) + "b", strings.Repeat("a/", 40), false},
	} {
		if got := matchPattern(c.pattern, c.file); got != c.want {
			t.Errorf("matchPattern(%q, %q) = %v", c.pattern, c.file, got)
		}
		if err := checkPattern(c.pattern); err != nil {
			t.Errorf("%q is refused: %v", c.pattern, err)
		}
	}
	for _, pattern := range []string{"/app", "../app", "app/**.json", "app/[a", `app\config.json`} {
		if checkPattern(pattern) == nil {
			t.Errorf("%q is taken", pattern)
		}
	}
}
