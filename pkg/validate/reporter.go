package validate

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
)

// Reporter takes the findings of one rule on one app.
type Reporter struct {
	root     string // what files are relative to
	rule     Rule
	findings []*Finding
}

// At reports a finding at pos, whose file is a path as the app names it. The
// caller may fill in more of the finding that it gets.
func (r *Reporter) At(pos diag.Pos, format string, args ...any) *Finding {
	f := &Finding{
		Rule: r.rule.ID(), Severity: r.rule.Severity(), Confidence: Certain,
		File: r.Rel(pos.File), Line: pos.Line, Col: pos.Col,
		Message: fmt.Sprintf(format, args...), Mounts: []string{}, file: pos.File,
	}
	r.findings = append(r.findings, f)
	return f
}

// as makes the next findings those of another rule.
func (r *Reporter) as(id string, s Severity) *Reporter {
	r.rule = funcRule{id: id, severity: s}
	return r
}

// Span is At for a place that ends before end.
func (r *Reporter) Span(pos, end diag.Pos, format string, args ...any) *Finding {
	f := r.At(pos, format, args...)
	f.EndLine, f.EndCol = end.Line, end.Col
	return f
}

// Rel is a path as findings name it: relative to the folder that is linted.
func (r *Reporter) Rel(file string) string { return relative(r.root, file) }

// Origin is the place pos for Finding.Origin.
func (r *Reporter) Origin(pos diag.Pos) *Origin { return &Origin{r.Rel(pos.File), pos.Line} }

// WithFix says what would mend it.
func (f *Finding) WithFix(format string, args ...any) *Finding {
	f.Fix = fmt.Sprintf(format, args...)
	return f
}

// DidYouMean is WithFix for a word at the finding's place that looks like
// others; nothing is said where none does. Where it can only be one of them,
// that is a suggestion, which --fix takes on request.
func (f *Finding) DidYouMean(word string, candidates []string) *Finding {
	near := diag.Nearest(word, candidates, 2)
	if meant := diag.Meant(word, candidates); meant != "" {
		near = []string{meant}
		if f.Repair == nil && f.Line > 0 {
			f.Repair = suggestion(f, word, meant)
		}
	}
	if len(near) == 0 {
		return f
	}
	return f.WithFix(`did you mean "%s"?`, strings.Join(near, `" or "`))
}

// As sets the severity.
func (f *Finding) As(s Severity) *Finding {
	f.Severity = s
	return f
}

// With sets the confidence.
func (f *Finding) With(c Confidence) *Finding {
	f.Confidence = c
	return f
}

// In sets the role.
func (f *Finding) In(role string) *Finding {
	f.Role = role
	return f
}

// relative is file as seen from root, with slashes; unchanged where it does
// not lie below root.
func relative(root, file string) string {
	rel, err := filepath.Rel(root, file)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return filepath.ToSlash(file)
	}
	return filepath.ToSlash(rel)
}

// Fault reports err at its place, with its hint; at fallback where it has no place.
func (r *Reporter) Fault(fallback diag.Pos, err error) *Finding {
	pos, why := diag.PosOf(err), Plain(err)
	if pos.Line == 0 {
		pos = fallback
	}
	if unread := (*app.FileError)(nil); errors.As(err, &unread) && unread.Path == pos.File {
		why = "it cannot be read: " + unread.Err.Error() // which file it is, the place says
	}
	f := r.At(pos, "%s", why)
	if hints := diag.Hints(err); len(hints) > 0 {
		f.Fix = hints[0]
	}
	return f
}
