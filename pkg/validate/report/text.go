package report

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode"

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
		head := plain(place(f))
		if f.Line > 0 {
			head += fmt.Sprintf(":%d", f.Line)
		}
		if f.Col > 0 {
			head += fmt.Sprintf(":%d", f.Col)
		}
		level := f.Severity.String()
		fmt.Fprintf(out, "%s: %s: %s%s %s\n", paint("bold", head), paint(level, level), plain(f.Message), roleNote(f), paint("dim", "["+f.Rule+"]"))
		if r.Line != nil && f.Line > 0 {
			writeSource(out, f, r.Line(f), paint)
		}
		if f.Origin != nil {
			fmt.Fprintf(out, "      %s %s:%d\n", paint("dim", "from:"), plain(path.Join(f.Root, f.Origin.File)), f.Origin.Line)
		}
		if f.Fix != "" {
			fmt.Fprintf(out, "      %s %s\n", paint("dim", "fix:"), plain(f.Fix))
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
	from, to := f.Col-1, f.Col
	if f.EndLine == f.Line && f.EndCol > f.Col {
		to = min(f.EndCol-1, stop)
	}
	carets := strings.Repeat("^", max(1, columns(runes[min(from, len(runes)):min(to, len(runes))])))
	fmt.Fprintf(w, "      | %s%s\n", strings.Repeat(" ", columns(runes[start:min(from, len(runes))])), paint(f.Severity.String(), carets))
}

// plain keeps a terminal from taking text for commands.
func plain(text string) string { return printable([]rune(text)) }

// printable keeps a terminal from taking source text for commands, and from
// turning it around.
func printable(runes []rune) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029 {
			return '·'
		}
		return r
	}, string(runes))
}

// columns is how wide a terminal shows runes: two columns for the characters of
// East Asia and most pictures, none for marks that go onto the one before.
func columns(runes []rune) int {
	n := 0
	for _, r := range runes {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me) || r == 0x200b || r == 0x200d || r == 0xfeff:
		case unicode.Is(wide(), r):
			n += 2
		default:
			n++
		}
	}
	return n
}

// wide are the characters of two columns: Unicode's East Asian Width W and F,
// in whole blocks.
func wide() *unicode.RangeTable {
	return &unicode.RangeTable{
		R16: []unicode.Range16{
			{Lo: 0x1100, Hi: 0x115f, Stride: 1}, {Lo: 0x2e80, Hi: 0x303e, Stride: 1}, {Lo: 0x3041, Hi: 0xa4cf, Stride: 1},
			{Lo: 0xac00, Hi: 0xd7a3, Stride: 1}, {Lo: 0xf900, Hi: 0xfaff, Stride: 1}, {Lo: 0xfe30, Hi: 0xfe6f, Stride: 1},
			{Lo: 0xff01, Hi: 0xff60, Stride: 1}, {Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
		},
		R32: []unicode.Range32{{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1}, {Lo: 0x1f900, Hi: 0x1f9ff, Stride: 1}, {Lo: 0x20000, Hi: 0x3fffd, Stride: 1}},
	}
}
