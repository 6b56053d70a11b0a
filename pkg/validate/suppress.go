package validate

import (
	"fmt"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
)

const marker = "appimg:ignore"

// suppression leaves the findings of a rule out, in some lines of a file.
type suppression struct {
	rule, reason string
	file         string // as findings name it
	first, last  int    // lines; 0, 0: the whole file
	pattern      string // of files, in the place of one; "" of a suppression in a file
	below        string // what names of findings have before the paths of the pattern
	noFile       bool   // no file has such a path
	pos          diag.Pos
	used         bool
}

func (s *suppression) covers(f *Finding) bool {
	if s.rule != f.Rule {
		return false
	}
	if s.pattern != "" {
		rel, ok := strings.CutPrefix(f.File, s.below)
		return ok && matchPattern(s.pattern, rel)
	}
	return s.file == f.File && (s.last == 0 || f.Line >= s.first && f.Line <= s.last)
}

// markText finds the marker with its rule and reason. The reason ends where
// the comment does.
var markText = lazyregexp.New(marker + `[ \t]*([^\s"*]*)[ \t]*(.*)`)

var commentEnd = lazyregexp.New(`\s*(\*/|-->|\*/-?\s*\}\}|-?\}\}|",?|"\s*[\]}].*)\s*$`)

// suppressions are those that the app's files and appimg.toml hold.
func (p *Package) suppressions(rel func(string) string) []*suppression {
	var out []*suppression
	for _, f := range p.Files() {
		text, ok := p.Text(f.Path)
		if !ok || !strings.Contains(text, marker) {
			continue
		}
		switch {
		case strings.HasSuffix(f.Path, ".md"), strings.HasSuffix(f.Path, "appimg.toml"):
		case strings.HasSuffix(f.Path, ".json"), strings.HasSuffix(f.Path, ".json.mustache"):
			out = append(out, jsonSuppressions(f.Path, text, rel)...)
		default:
			out = append(out, lineSuppressions(f.Path, text, rel)...)
		}
	}
	return append(out, p.ignored(rel)...)
}

// lineSuppressions read comments: one that has its line for itself counts for
// the next line that is no such comment, another one for its own line. In the
// first line it counts for findings about the file as a whole, too.
func lineSuppressions(file, text string, rel func(string) string) []*suppression {
	var out, waiting []*suppression
	number := 0
	for line := range strings.Lines(text) {
		number++
		at := strings.Index(line, marker)
		if at < 0 {
			for _, s := range waiting {
				s.last = number
			}
			waiting = nil
			continue
		}
		s := newSuppression(line[at:], diag.Pos{File: file, Line: number, Col: 1 + len([]rune(line[:at]))})
		s.file, s.first, s.last = rel(file), number, number
		if number == 1 {
			s.first = 0
		}
		if strings.Trim(line[:at], " \t#/;*<!-{%\"'") == "" {
			waiting = append(waiting, s)
		}
		out = append(out, s)
	}
	return out
}

// jsonSuppressions read "//" members: they count for the object they are in.
func jsonSuppressions(file, text string, rel func(string) string) []*suppression {
	doc, _ := jsondoc.ParseTolerant(file, []byte(text), jsondoc.Options{Mustache: true})
	var out []*suppression
	doc.Walk(func(v *jsondoc.Value) bool {
		for _, m := range v.Members {
			if m.Key != "//" {
				continue
			}
			for _, note := range append([]*jsondoc.Value{m.Value}, m.Value.Items...) {
				if !strings.Contains(note.Str(), marker) {
					continue
				}
				s := newSuppression(note.Text, note.Pos)
				s.file, s.first, s.last = rel(file), v.Pos.Line, v.End.Line
				out = append(out, s)
			}
		}
		return true
	})
	return out
}

func newSuppression(text string, pos diag.Pos) *suppression {
	m := markText.FindStringSubmatch(strings.TrimRight(text, "\r\n"))
	return &suppression{rule: m[1], reason: strings.TrimSpace(commentEnd.ReplaceAllString(m[2], "")), pos: pos}
}

// suppress takes out the findings that a valid suppression covers, and adds
// those about the suppressions. ids are the rules that exist, ran those of them
// that ran on everything.
func suppress(all []*Finding, list []*suppression, ids []string, ran func(id string) bool, r *Reporter) []*Finding {
	for _, s := range list {
		if why := s.fault(ids); why != "" {
			s.used = true // said once is enough
			r.as(BadSuppressionID, Warning).At(s.pos, "%s", why).DidYouMean(s.rule, ids)
			s.rule = ""
		}
	}
	var kept []*Finding
	for _, f := range all {
		if !suppressed(f, list) {
			kept = append(kept, f)
		}
	}
	for _, s := range list {
		if !s.used && ran(s.rule) {
			s.unused(r.as(UnusedSuppressionID, Warning))
		}
	}
	return append(kept, r.findings...)
}

func (s *suppression) unused(r *Reporter) {
	switch {
	case s.noFile:
		r.At(s.pos, "this suppresses nothing: no file has the path %q", s.pattern).
			WithFix("write the path as seen from the folder of appimg.toml; * stands for a part of a name, ** for folders")
	case s.pattern != "":
		r.At(s.pos, "this suppresses nothing: rule %q finds nothing in %q", s.rule, s.pattern).WithFix("remove it")
	default:
		r.At(s.pos, "this suppresses nothing: rule %q finds nothing here", s.rule).WithFix("remove it")
	}
}

func suppressed(f *Finding, list []*suppression) (found bool) {
	for _, s := range list {
		if s.covers(f) {
			s.used, found = true, true
		}
	}
	return found
}

func (s *suppression) fault(ids []string) string {
	known := false
	for _, id := range ids {
		known = known || id == s.rule
	}
	switch {
	case s.rule == "":
		return "a suppression names its rule: appimg:ignore RULE reason"
	case !known:
		return fmt.Sprintf("no rule is called %q", s.rule)
	case s.reason == "":
		return fmt.Sprintf("suppressing %q needs a reason: appimg:ignore %s why it is right here", s.rule, s.rule)
	}
	return ""
}
