package report

import (
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/appimg/appimg/pkg/validate"
)

// Report is what is written.
type Report struct {
	Findings []*validate.Finding
	Rules    []validate.Rule
	Apps     int    // how many were looked at
	Version  string // of the tool

	// Text alone:
	Line  validate.LineOf                // the source line of a finding; nil: none is shown
	Paint func(kind, text string) string // colours "error", "warning", "info", "dim", "bold"; nil: no colour
}

// Formats are the names of the forms, the default first.
func Formats() []string {
	return []string{"text", "json", "sarif", "github", "gitlab", "junit", "checkstyle"}
}

// Write writes r in a form. Text and github print nothing where nothing was
// found; the others print a whole document all the same.
func Write(w io.Writer, format string, r Report) error {
	writers := map[string]func(io.Writer, Report) error{
		"text": writeText, "json": writeJSON, "sarif": writeSARIF, "github": writeGitHub,
		"gitlab": writeGitLab, "junit": writeJUnit, "checkstyle": writeCheckstyle,
	}
	write, ok := writers[format]
	if !ok {
		return fmt.Errorf("no format %q", format)
	}
	return write(w, r)
}

// place is the file as one finds it from the folder that lint was started in.
func place(f *validate.Finding) string {
	return path.Join(f.Root, f.File)
}

// files are the places of findings, in order, each once.
func files(findings []*validate.Finding) []string {
	var out []string
	for _, f := range findings {
		if p := place(f); !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// advice is the message with the fix behind it.
func advice(f *validate.Finding) string {
	if f.Fix == "" {
		return f.Message
	}
	return f.Message + " (" + f.Fix + ")"
}
