package report

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
)

// writeGitHub prints workflow commands, which GitHub shows beside the code;
// nothing where nothing was found.
func writeGitHub(w io.Writer, r Report) error {
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	message := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	level := map[validate.Severity]string{validate.Error: "error", validate.Warning: "warning", validate.Info: "notice"}
	for _, f := range r.Findings {
		at := "file=" + property.Replace(place(f))
		for _, p := range []struct {
			name string
			n    int
		}{{"line", f.Line}, {"endLine", f.EndLine}, {"col", f.Col}, {"endColumn", f.EndCol}} {
			if p.n > 0 {
				at += fmt.Sprintf(",%s=%d", p.name, p.n)
			}
		}
		if _, err := fmt.Fprintf(w, "::%s %s,title=%s::%s\n", level[f.Severity], at, property.Replace(f.Rule), message.Replace(advice(f))); err != nil {
			return err
		}
	}
	return nil
}

// writeGitLab prints a Code Quality report: a JSON list, empty without findings.
func writeGitLab(w io.Writer, r Report) error {
	type lines struct {
		Begin int `json:"begin"`
	}
	type location struct {
		Path  string `json:"path"`
		Lines lines  `json:"lines"`
	}
	type issue struct {
		Description string   `json:"description"`
		CheckName   string   `json:"check_name"`
		Fingerprint string   `json:"fingerprint"`
		Severity    string   `json:"severity"`
		Location    location `json:"location"`
	}
	level := map[validate.Severity]string{validate.Error: "critical", validate.Warning: "major", validate.Info: "info"}
	list := []issue{}
	seen := map[string]int{}
	for _, f := range r.Findings {
		id := strings.Join([]string{f.Rule, place(f), f.Role, f.Path, f.Message}, "\x00")
		seen[id]++
		print := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", id, seen[id]))
		list = append(list, issue{
			advice(f), f.Rule, fmt.Sprintf("%x", print[:16]), level[f.Severity], location{place(f), lines{max(1, f.Line)}},
		})
	}
	return encode(w, list)
}
