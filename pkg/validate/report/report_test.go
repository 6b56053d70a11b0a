package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/report"
)

func findings() []*validate.Finding {
	return []*validate.Finding{
		{
			Rule: "one", Severity: validate.Error, Confidence: validate.Certain, Role: "web", File: "a b/ü.toml", Line: 3, Col: 5, EndLine: 3, EndCol: 9,
			Message: "100% <wrong>, isn't it: \"x\"\nreally", Mounts: []string{"/data"}, Origin: &validate.Origin{File: "c", Line: 7}, Fix: "mend it",
			Also: []validate.Place{{File: "d", Line: 8, Col: 2, EndLine: 8, EndCol: 5}},
		},
		{Rule: "two", Severity: validate.Info, Confidence: validate.Guess, File: "whole", Message: "the file", Mounts: []string{}},
		{Rule: "one", Severity: validate.Warning, File: "a b/ü.toml", Line: 9, Message: "\x1b[31mred", Mounts: []string{}},
	}
}

func ruleList() []validate.Rule {
	return []validate.Rule{validate.NewRule("one", validate.Error, "The first", nil), validate.NewRule("two", validate.Info, "The second", nil)}
}

func write(t *testing.T, format string, list []*validate.Finding) string {
	t.Helper()
	var out bytes.Buffer
	r := report.Report{Findings: list, Rules: ruleList(), Apps: 1, Version: "1.2.3", Line: func(*validate.Finding) string { return "\tsrc = \"x\" \x1b[2J" }}
	if err := report.Write(&out, format, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestText(t *testing.T) {
	got := write(t, "text", findings())
	want := `a b/ü.toml:3:5: error: 100% <wrong>, isn't it: "x"·really (role web) [one]
    3 |  src = "x" ·[2J
      |     ^^^^
      from: c:7
      fix: mend it
whole: info: the file [two]
a b/ü.toml:9: warning: ·[31mred [one]
    9 |  src = "x" ·[2J
`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// Without findings, people see nothing, and their tools a document.
func TestNoFindings(t *testing.T) {
	for _, format := range report.Formats() {
		got := write(t, format, nil)
		silent := format == "text" || format == "github"
		if silent != (got == "") {
			t.Errorf("%s: %q", format, got)
		}
		checkDocument(t, format, got)
	}
}

func TestDocumentsParse(t *testing.T) {
	for _, format := range report.Formats() {
		checkDocument(t, format, write(t, format, findings()))
	}
}

func checkDocument(t *testing.T, format, got string) {
	t.Helper()
	switch format {
	case "json", "sarif", "gitlab":
		var v any
		if err := json.Unmarshal([]byte(got), &v); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	case "junit", "checkstyle":
		dec := xml.NewDecoder(strings.NewReader(got))
		for {
			if _, err := dec.Token(); err == io.EOF {
				return
			} else if err != nil {
				t.Errorf("%s: %v\n%s", format, err, got)
				return
			}
		}
	}
}

// The fields of the issue are there, with these names, also where empty.
func TestJSONFields(t *testing.T) {
	var doc struct {
		Findings []map[string]any `json:"findings"`
		Summary  map[string]int   `json:"summary"`
	}
	if err := json.Unmarshal([]byte(write(t, "json", findings())), &doc); err != nil {
		t.Fatal(err)
	}
	for _, f := range doc.Findings {
		for _, key := range strings.Fields("rule severity confidence role file line col endLine endCol message path kind mounts origin fix") {
			if _, ok := f[key]; !ok {
				t.Errorf("%v lacks %s", f, key)
			}
		}
	}
	if s := doc.Summary; s["total"] != 3 || s["error"] != 1 || s["warning"] != 1 || s["info"] != 1 || s["apps"] != 1 {
		t.Errorf("summary %v", s)
	}
}

func TestSARIF(t *testing.T) {
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Rules []struct{ ID, HelpURI string }
				}
			}
			Results []struct {
				RuleID                      string
				RuleIndex                   int
				Level                       string
				Locations, RelatedLocations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           *struct{ StartLine, StartColumn, EndLine, EndColumn int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(write(t, "sarif", findings())), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	for _, res := range run.Results {
		if run.Tool.Driver.Rules[res.RuleIndex].ID != res.RuleID {
			t.Errorf("result %+v names another rule by its index", res)
		}
		if help := run.Tool.Driver.Rules[res.RuleIndex].HelpURI; !strings.HasSuffix(help, "/docs/rules.md#"+res.RuleID) {
			t.Errorf("rule %s has its page at %q", res.RuleID, help)
		}
	}
	first, second := run.Results[0], run.Results[1]
	if at := first.Locations[0].PhysicalLocation; at.ArtifactLocation.URI != "a%20b/%C3%BC.toml" || at.Region.StartColumn != 5 || at.Region.EndColumn != 9 {
		t.Errorf("location %+v %+v", at, at.Region)
	}
	if also := first.RelatedLocations[1].PhysicalLocation; also.ArtifactLocation.URI != "d" || also.Region.StartLine != 8 || also.Region.EndColumn != 5 {
		t.Errorf("further place %+v %+v", also, also.Region)
	}
	if second.Level != "note" || second.Locations[0].PhysicalLocation.Region != nil {
		t.Errorf("a file as a whole: %+v", second)
	}
}

func TestGitHub(t *testing.T) {
	got := strings.Split(write(t, "github", findings()), "\n")
	if want := `::error file=a b/ü.toml,line=3,endLine=3,col=5,endColumn=9,title=one::100%25 <wrong>, isn't it: "x"%0Areally (mend it)`; got[0] != want {
		t.Errorf("got  %s\nwant %s", got[0], want)
	}
	if got[1] != "::notice file=whole,title=two::the file" {
		t.Errorf("got %s", got[1])
	}
}

// Fingerprints tell findings apart, and do not depend on lines.
func TestGitLabFingerprints(t *testing.T) {
	prints := func(list []*validate.Finding) []string {
		var doc []struct{ Fingerprint string }
		if err := json.Unmarshal([]byte(write(t, "gitlab", list)), &doc); err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, d := range doc {
			out = append(out, d.Fingerprint)
		}
		return out
	}
	list := append(findings(), findings()...)
	before := prints(list)
	for _, f := range list {
		f.Line += 10
	}
	after := prints(list)
	seen := map[string]bool{}
	for i := range before {
		if before[i] != after[i] || seen[before[i]] {
			t.Errorf("fingerprint %d: %s, then %s", i, before[i], after[i])
		}
		seen[before[i]] = true
	}
}

func TestUnknownFormat(t *testing.T) {
	if err := report.Write(io.Discard, "html", report.Report{}); err == nil {
		t.Error("no error")
	}
}

// The caret stands below its column: behind tabs, wide and combined characters,
// and in lines that are cut.
func TestCaret(t *testing.T) {
	long := strings.Repeat("x", 300) + "here" + strings.Repeat("y", 300)
	for _, c := range []struct {
		line     string
		col, end int
		want     string // what the carets stand below
	}{
		{"\t\tkey = 1", 3, 6, "key"},
		{"名称 = key", 6, 9, "key"},
		{"key = \"名称\" x", 8, 10, "名称"},
		{"e\u0301 key", 4, 7, "key"},
		{"a key", 3, 0, "k"},
		{long, 301, 305, "here"},
		{"ab", 3, 0, ""},
		{"a\u202eb key", 5, 8, "key"},
	} {
		f := &validate.Finding{Rule: "one", Severity: validate.Error, File: "f", Line: 1, Col: c.col, Message: "m", Mounts: []string{}}
		if c.end > 0 {
			f.EndLine, f.EndCol = 1, c.end
		}
		var out bytes.Buffer
		r := report.Report{Findings: []*validate.Finding{f}, Rules: ruleList(), Line: func(*validate.Finding) string { return c.line }}
		if err := report.Write(&out, "text", r); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(out.String(), "\n")
		if got := below(lines[1], lines[2]); got != c.want {
			t.Errorf("%q:%d: carets below %q, want %q:\n%s", c.line, c.col, got, c.want, out.String())
		}
		if strings.ContainsRune(out.String(), 0x202e) {
			t.Error("the text can turn itself around")
		}
	}
}

// below is the text of a line that the carets stand below, where Chinese
// characters take two columns, and accents none.
func below(line, carets string) string {
	at := 0
	var out strings.Builder
	for _, r := range line {
		width := 1
		switch {
		case r >= 0x4e00 && r <= 0x9fff:
			width = 2
		case r == 0x301:
			width = 0
		}
		if at < len(carets) && carets[at] == '^' {
			out.WriteRune(r)
		}
		at += width
	}
	return out.String()
}

// A name of a file cannot start a new line, or command the terminal.
func TestNamesOfFiles(t *testing.T) {
	f := &validate.Finding{Rule: "one", Severity: validate.Error, File: "a\nb\x1b[2J.sh", Line: 1, Message: "m", Mounts: []string{}}
	var out bytes.Buffer
	if err := report.Write(&out, "text", report.Report{Findings: []*validate.Finding{f}, Rules: ruleList()}); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Count(got, "\n") != 1 || strings.Contains(got, "\x1b") {
		t.Errorf("%q", got)
	}
}
