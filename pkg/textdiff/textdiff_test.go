package textdiff_test

import (
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/textdiff"
)

func TestUnified(t *testing.T) {
	for _, c := range []struct{ name, a, b, want string }{
		{"same", "a\nb\n", "a\nb\n", ""},
		{"empty", "", "", ""},
		{"new file", "", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n"},
		{"gone", "a\n", "", "@@ -1 +0,0 @@\n-a\n"},
		{"newline lost", "a\n", "a", "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n"},
		{"middle", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
			"@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"},
		{"far apart", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "x\n2\n3\n4\n5\n6\n7\n8\n9\ny\n",
			"@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -7,4 +7,4 @@\n 7\n 8\n 9\n-10\n+y\n"},
	} {
		want := c.want
		if want != "" {
			want = "--- old\n+++ new\n" + want
		}
		if got := textdiff.Unified("old", "new", []byte(c.a), []byte(c.b)); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, want)
		}
	}
}

// What patch(1) makes of the old text with the difference is the new one.
func TestPatchAgrees(t *testing.T) {
	if _, err := exec.LookPath("patch"); err != nil {
		t.Skip("component missing: patch")
	}
	r := rand.New(rand.NewSource(1))
	for i := range 60 {
		a, b := randomText(r), randomText(r)
		dir := t.TempDir()
		file := filepath.Join(dir, "f")
		if err := os.WriteFile(file, []byte(a), 0o644); err != nil {
			t.Fatal(err)
		}
		diff := textdiff.Unified("f", "f", []byte(a), []byte(b))
		if diff == "" && a == b {
			continue
		}
		cmd := exec.Command("patch", "-s", "--posix", file)
		cmd.Stdin = strings.NewReader(diff)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("case %d: %v: %s\n%s", i, err, out, diff)
		}
		if got, _ := os.ReadFile(file); string(got) != b {
			t.Fatalf("case %d: %q with\n%s\nis %q, want %q", i, a, diff, got, b)
		}
	}
}

func randomText(r *rand.Rand) string {
	var s strings.Builder
	for range 1 + r.Intn(30) {
		s.WriteString(strings.Repeat(string(rune('a'+r.Intn(3))), 1+r.Intn(2)) + "\n")
	}
	return strings.TrimSuffix(s.String(), strings.Repeat("\n", r.Intn(2)))
}

func TestVeryDifferentTexts(t *testing.T) {
	a, b := strings.Repeat("a\n", 5000), strings.Repeat("b\n", 5000)
	got := textdiff.Unified("a", "b", []byte("x\n"+a), []byte("x\n"+b))
	if !strings.HasPrefix(got, "--- a\n+++ b\n@@ -1,5001 +1,5001 @@\n x\n-a\n") || strings.Count(got, "\n+b") != 5000 {
		t.Errorf("got %.200s", got)
	}
}
