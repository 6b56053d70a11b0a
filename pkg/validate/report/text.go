package report

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
)

// maxLine is how much of a source line is shown, in runes.
const maxLine = 160

// writeText prints for each finding its place, the source line with a caret,
// and the fix. Nothing is printed where nothing was found.
func writeText(w io.Writer, r Report) error {
	out := bufio.NewWriter(w)
	paint := r.Paint
	if paint == nil {
		paint = func(_, text string) string { return text }
	}
	for _, f := range r.Findings {
		head := place(f)
		if f.Line > 0 {
			head += fmt.Sprintf(":%d", f.Line)
		}
		if f.Col > 0 {
			head += fmt.Sprintf(":%d", f.Col)
		}
		level := f.Severity.String()
		fmt.Fprintf(out, "%s: %s: %s%s %s\n", paint("bold", head), paint(level, level), printable([]rune(f.Message)), roleNote(f), paint("dim", "["+f.Rule+"]"))
		if r.Line != nil && f.Line > 0 {
			writeSource(out, f, r.Line(f), paint)
		}
		if f.Origin != nil {
			fmt.Fprintf(out, "      %s %s:%d\n", paint("dim", "from:"), path.Join(f.Root, f.Origin.File), f.Origin.Line)
		}
		if f.Fix != "" {
			fmt.Fprintf(out, "      %s %s\n", paint("dim", "fix:"), f.Fix)
		}
	}
	return out.Flush()
}

func roleNote(f *validate.Finding) string {
	if f.Role == "" {
		return ""
	}
	return fmt.Sprintf(" (role %s)", f.Role)
}

// writeSource shows the line, and a caret below the column where it is known.
func writeSource(w io.Writer, f *validate.Finding, line string, paint func(kind, text string) string) {
	runes := []rune(strings.ReplaceAll(line, "\t", " "))
	if strings.TrimSpace(line) == "" || f.Col > len(runes)+1 {
		return
	}
	start := max(0, min(f.Col-1-maxLine/2, len(runes)-maxLine))
	stop := min(len(runes), start+maxLine)
	fmt.Fprintf(w, "%5d | %s\n", f.Line, printable(runes[start:stop]))
	if f.Col == 0 {
		return
	}
	width := 1
	if f.EndLine == f.Line && f.EndCol > f.Col {
		width = min(f.EndCol, stop+1) - f.Col
	}
	fmt.Fprintf(w, "      | %s%s\n", strings.Repeat(" ", f.Col-1-start), paint(f.Severity.String(), strings.Repeat("^", max(1, width))))
}

// printable keeps a terminal from taking source text for commands.
func printable(runes []rune) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '·'
		}
		return r
	}, string(runes))
}
