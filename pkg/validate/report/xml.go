package report

import (
	"encoding/xml"
	"fmt"
	"io"

	"github.com/appimg/appimg/pkg/validate"
)

type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"` // always 0: a finding is a failure
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitFailure `xml:"failure"`
	}
	junitFailure struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// writeJUnit prints a suite for each file with a failed case for each finding;
// one case that passed where nothing was found.
func writeJUnit(w io.Writer, r Report) error {
	doc := junitSuites{}
	for _, file := range files(r.Findings) {
		suite := junitSuite{Name: file}
		for _, f := range r.Findings {
			if place(f) == file {
				suite.Cases = append(suite.Cases, junitCase{file, fmt.Sprintf("%s:%d:%d", f.Rule, f.Line, f.Col),
					&junitFailure{f.Severity.String(), f.Message, fmt.Sprintf("%s:%d:%d: %s", file, f.Line, f.Col, advice(f))}})
			}
		}
		suite.Tests, suite.Failures = len(suite.Cases), len(suite.Cases)
		doc.Tests, doc.Failures = doc.Tests+suite.Tests, doc.Failures+suite.Failures
		doc.Suites = append(doc.Suites, suite)
	}
	if len(doc.Suites) == 0 {
		doc.Tests = 1
		doc.Suites = []junitSuite{{Name: "appimg lint", Tests: 1, Cases: []junitCase{{Class: "appimg", Name: "lint"}}}}
	}
	return encodeXML(w, doc)
}

type (
	checkstyle struct {
		XMLName xml.Name         `xml:"checkstyle"`
		Version string           `xml:"version,attr"`
		Files   []checkstyleFile `xml:"file"`
	}
	checkstyleFile struct {
		Name   string            `xml:"name,attr"`
		Errors []checkstyleError `xml:"error"`
	}
	checkstyleError struct {
		Line     int    `xml:"line,attr"`
		Column   int    `xml:"column,attr,omitempty"`
		Severity string `xml:"severity,attr"`
		Message  string `xml:"message,attr"`
		Source   string `xml:"source,attr"`
	}
)

// writeCheckstyle prints a Checkstyle document, also without findings.
func writeCheckstyle(w io.Writer, r Report) error {
	doc := checkstyle{Version: "4.3"}
	for _, name := range files(r.Findings) {
		file := checkstyleFile{Name: name}
		for _, f := range r.Findings {
			if place(f) == name {
				file.Errors = append(file.Errors, checkstyleErrorOf(f))
			}
		}
		doc.Files = append(doc.Files, file)
	}
	return encodeXML(w, doc)
}

func checkstyleErrorOf(f *validate.Finding) checkstyleError {
	return checkstyleError{f.Line, f.Col, f.Severity.String(), advice(f), "appimg." + f.Rule}
}

func encodeXML(w io.Writer, doc any) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
