package report

import (
	"encoding/json"
	"io"

	"github.com/appimg/appimg/pkg/validate"
)

// writeJSON prints {"findings": […], "summary": {…}}, also without findings.
func writeJSON(w io.Writer, r Report) error {
	type summary struct {
		Apps    int `json:"apps"`
		Total   int `json:"total"`
		Error   int `json:"error"`
		Warning int `json:"warning"`
		Info    int `json:"info"`
	}
	doc := struct {
		Findings []*validate.Finding `json:"findings"`
		Summary  summary             `json:"summary"`
	}{r.Findings, summary{Apps: r.Apps, Total: len(r.Findings)}}
	if doc.Findings == nil {
		doc.Findings = []*validate.Finding{}
	}
	for _, f := range r.Findings {
		switch f.Severity {
		case validate.Error:
			doc.Summary.Error++
		case validate.Warning:
			doc.Summary.Warning++
		case validate.Info:
			doc.Summary.Info++
		}
	}
	return encode(w, doc)
}

func encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
