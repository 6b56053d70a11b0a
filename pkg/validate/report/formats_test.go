package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/appimg/appimg/pkg/validate"
)

// many are findings of every shape: with and without place, role, origin, fix.
func many() []*validate.Finding {
	list := findings()
	list = append(list,
		&validate.Finding{Rule: "unknown", Severity: validate.Error, File: "../a%b#c?.tmpl", Line: 1, Col: 1, EndLine: 2, EndCol: 3, Root: "apps/one", Message: "m"},
		&validate.Finding{Rule: "two", Severity: validate.Warning, File: ".", Message: "the folder", Origin: &validate.Origin{}},
	)
	return list
}

// testdata/sarif-schema-2.1.0.json is the schema that OASIS publishes with
// SARIF 2.1.0, errata 01.
func TestSARIFSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(text string) error {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return schema.Validate(doc)
	}
	for _, list := range [][]*validate.Finding{nil, findings(), many()} {
		got := write(t, "sarif", list)
		if err := valid(got); err != nil {
			t.Errorf("%v\n%s", err, got)
		}
	}
	for _, wrong := range []string{`"level": "error"`, `"text":`, `"startLine": 3`, `"columnKind": "unicodeCodePoints"`} {
		got := write(t, "sarif", many())
		if !strings.Contains(got, wrong) || valid(strings.Replace(got, wrong, `"x": 0, `+strings.Replace(wrong, `": `, `y": `, 1), 1)) == nil {
			t.Errorf("the schema takes a document without %s", wrong)
		}
	}
}

// element is what an element of an XML report may have: attributes, those with
// a * are required, and children.
type element struct{ attributes, children string }

// junit is what the schema of Jenkins' readers (junit-10.xsd of its xUnit
// plugin, junit-4.xsd before it) takes of what is written; checkstyle what
// Checkstyle's own XMLLogger writes.
func xmlShapes() map[string]map[string]element {
	return map[string]map[string]element{
		"junit": {
			"":           {children: "testsuites"},
			"testsuites": {"tests failures errors name time", "testsuite"},
			"testsuite":  {"*name *tests *failures *errors time", "testcase"},
			"testcase":   {"*classname *name time", "failure"},
			"failure":    {"type message", ""},
		},
		"checkstyle": {
			"":           {children: "checkstyle"},
			"checkstyle": {"*version", "file"},
			"file":       {"*name", "error"},
			"error":      {"*line column *severity *message *source", ""},
		},
	}
}

func TestXMLShapes(t *testing.T) {
	for format, shape := range xmlShapes() {
		for _, list := range [][]*validate.Finding{nil, findings(), many()} {
			got := write(t, format, list)
			dec, inside := xml.NewDecoder(strings.NewReader(got)), []string{""}
			for {
				token, err := dec.Token()
				if err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				switch token := token.(type) {
				case xml.StartElement:
					if why := misfit(shape, inside[len(inside)-1], token); why != "" {
						t.Errorf("%s: %s\n%s", format, why, got)
					}
					inside = append(inside, token.Name.Local)
				case xml.EndElement:
					inside = inside[:len(inside)-1]
				}
			}
		}
	}
}

// misfit is why an element may not stand where it does.
func misfit(shape map[string]element, parent string, e xml.StartElement) string {
	name := e.Name.Local
	if !slices.Contains(strings.Fields(shape[parent].children), name) {
		return "<" + name + "> in <" + parent + ">"
	}
	has := map[string]string{}
	known := strings.Fields(strings.ReplaceAll(shape[name].attributes, "*", ""))
	for _, a := range e.Attr {
		has[a.Name.Local] = a.Value
		if !slices.Contains(known, a.Name.Local) {
			return "<" + name + "> has " + a.Name.Local
		}
	}
	for _, a := range strings.Fields(shape[name].attributes) {
		if required, ok := strings.CutPrefix(a, "*"); ok && has[required] == "" {
			return "<" + name + "> lacks " + required
		}
	}
	if s := has["severity"]; name == "error" && !slices.Contains([]string{"info", "warning", "error"}, s) {
		return "severity is " + s
	}
	return ""
}

// What GitLab's page on Code Quality asks of a report: a list, without BOM, of
// objects with these members.
func TestGitLabShape(t *testing.T) {
	for _, list := range [][]*validate.Finding{nil, findings(), many()} {
		got := write(t, "gitlab", list)
		var issues []struct {
			Description string `json:"description"`
			CheckName   string `json:"check_name"`
			Fingerprint string `json:"fingerprint"`
			Severity    string `json:"severity"`
			Location    struct {
				Path  string `json:"path"`
				Lines struct {
					Begin int `json:"begin"`
				} `json:"lines"`
			} `json:"location"`
		}
		dec := json.NewDecoder(bytes.NewReader([]byte(got)))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&issues); err != nil || issues == nil || len(issues) != len(list) || got[0] != '[' {
			t.Fatalf("%d issues, %v\n%s", len(issues), err, got)
		}
		for _, i := range issues {
			severity := slices.Contains(strings.Fields("info minor major critical blocker"), i.Severity)
			if i.Description == "" || i.CheckName == "" || len(i.Fingerprint) != 32 || !severity || i.Location.Path == "" || i.Location.Lines.Begin < 1 {
				t.Errorf("%+v", i)
			}
		}
	}
}

// Every line is one workflow command of GitHub's: nothing of a finding ends it.
func TestGitHubShape(t *testing.T) {
	command := regexp.MustCompile(`^::(error|warning|notice) file=[^,:]+(,line=[1-9]\d*)?(,endLine=[1-9]\d*)?(,col=[1-9]\d*)?(,endColumn=[1-9]\d*)?,title=[^,:]+::[^\r\n]+$`)
	lines := strings.Split(strings.TrimSuffix(write(t, "github", many()), "\n"), "\n")
	if len(lines) != len(many()) {
		t.Errorf("%d lines for %d findings", len(lines), len(many()))
	}
	for _, line := range lines {
		if !command.MatchString(line) {
			t.Errorf("not a workflow command: %s", line)
		}
	}
}
