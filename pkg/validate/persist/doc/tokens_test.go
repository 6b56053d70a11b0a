package doc

import (
	"regexp"
	"testing"
)

// What tokens finds is what this says.
var token = regexp.MustCompile(`[A-Za-z0-9_][A-Za-z0-9_.@/+\-]*[A-Za-z0-9_]`)

var tokenTexts = []string{
	"", "a", "ab", "-a-", "--ab--", "/opt/app/bin/start.sh --conf=/etc/x.conf", "a..b", "x-", "-x", "_", "__",
	"systemctl start app@1.service;", "SERVICES=proxy/true/80", "é-ab-é", "\xffab\xff", "名/opt/ab名", "a b c de", "@@", "+a+b+",
}

func FuzzTokens(f *testing.F) {
	for _, text := range tokenTexts {
		f.Add(text, 3)
		f.Add(text, 100)
	}
	f.Fuzz(func(t *testing.T, text string, most int) {
		most = max(most, 0)
		want := token.FindAllStringIndex(text, most)
		i := 0
		for at, word := range Tokens(text, most) {
			if i >= len(want) || want[i][0] != at || text[want[i][0]:want[i][1]] != word {
				t.Fatalf("token %d of %q is %q at %d, want %v", i, text, word, at, want)
			}
			i++
		}
		if i != len(want) {
			t.Fatalf("%d tokens in %q, want %v", i, text, want)
		}
	})
}

func TestHasToken(t *testing.T) {
	for _, word := range []string{"ab", "cd"} {
		if !HasToken("ab cd ef", word, 2) {
			t.Errorf("no token %q", word)
		}
	}
	for _, word := range []string{"ef", "b"} {
		if HasToken("ab cd ef", word, 2) {
			t.Errorf("%q is a token", word)
		}
	}
}
