package report

import (
	"io"
	"net/url"
	"path"

	"github.com/appimg/appimg/pkg/validate"
)

// The part of SARIF 2.1.0 (OASIS standard) that is written.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string      `json:"id"`
		Short   sarifText   `json:"shortDescription"`
		HelpURI string      `json:"helpUri"`
		Default sarifConfig `json:"defaultConfiguration"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID     string          `json:"ruleId"`
		RuleIndex  int             `json:"ruleIndex"`
		Level      string          `json:"level"`
		Message    sarifText       `json:"message"`
		Locations  []sarifLocation `json:"locations"`
		Related    []sarifLocation `json:"relatedLocations,omitempty"`
		Properties map[string]any  `json:"properties,omitempty"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
	}
)

// pages is where the page of each rule is.
const pages = "https://github.com/appimg/appimg/blob/main/docs/rules.md"

// writeSARIF prints a SARIF 2.1.0 log with one run, also without findings.
func writeSARIF(w io.Writer, r Report) error {
	driver := sarifDriver{Name: "appimg", Version: r.Version, InformationURI: "https://github.com/appimg/appimg", Rules: []sarifRule{}}
	index := map[string]int{}
	for i, rule := range r.Rules {
		index[rule.ID()] = i
		driver.Rules = append(driver.Rules, sarifRule{rule.ID(), sarifText{rule.Title()}, pages + "#" + rule.ID(), sarifConfig{sarifLevel(rule.Severity())}})
	}
	run := sarifRun{Tool: sarifTool{driver}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	for _, f := range r.Findings {
		run.Results = append(run.Results, sarifOf(f, index))
	}
	return encode(w, sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

func sarifOf(f *validate.Finding, index map[string]int) sarifResult {
	at, known := index[f.Rule]
	if !known {
		at = -1
	}
	res := sarifResult{
		RuleID: f.Rule, RuleIndex: at, Level: sarifLevel(f.Severity), Message: sarifText{advice(f)},
		Locations:  []sarifLocation{sarifAt(place(f), &sarifRegion{f.Line, f.Col, f.EndLine, f.EndCol})},
		Properties: map[string]any{"confidence": f.Confidence},
	}
	if f.Role != "" {
		res.Properties["role"] = f.Role
	}
	if f.Origin != nil {
		res.Related = []sarifLocation{sarifAt(path.Join(f.Root, f.Origin.File), &sarifRegion{StartLine: f.Origin.Line})}
	}
	for _, also := range f.Also {
		res.Related = append(res.Related, sarifAt(path.Join(f.Root, also.File), &sarifRegion{also.Line, also.Col, also.EndLine, also.EndCol}))
	}
	return res
}

func sarifAt(file string, region *sarifRegion) sarifLocation {
	if region.StartLine == 0 {
		region = nil
	}
	return sarifLocation{sarifPhysical{sarifArtifact{(&url.URL{Path: file}).EscapedPath()}, region}}
}

func sarifLevel(s validate.Severity) string {
	if s == validate.Info {
		return "note"
	}
	return s.String()
}
