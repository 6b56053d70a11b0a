package sh_test

import (
	"errors"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/sh"
)

func TestParse(t *testing.T) {
	for _, text := range []string{"", "echo a", "# \xd6\xd0\necho a", strings.Repeat("(", 900) + "a" + strings.Repeat(")", 900)} {
		if file, err := sh.Parse(text, syntax.LangBash); err != nil || file == nil {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	if _, err := sh.Parse("a() { [[ x ]] <(y); }", syntax.LangPOSIX); err == nil {
		t.Error("bash passes for POSIX")
	}
	for name, text := range map[string]string{"deep": strings.Repeat("(", 100_000), "long": strings.Repeat("true && ", 50_000) + "true"} {
		file, err := sh.Parse(text, syntax.LangBash)
		if left := (*sh.Unparsed)(nil); file != nil || !errors.As(err, &left) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A byte that is no character keeps its place.
func TestPlacesInOtherEncodings(t *testing.T) {
	file, err := sh.Parse("a '\xd6\xd0' b", syntax.LangBash)
	if err != nil {
		t.Fatal(err)
	}
	call := file.Stmts[0].Cmd.(*syntax.CallExpr)
	if at := call.Args[2].Pos().Offset(); at != 7 {
		t.Errorf("b is at %d", at)
	}
}
