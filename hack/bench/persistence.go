package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist"
)

// label is one line of persistence-labels.jsonl: a place that was judged by hand.
type label struct {
	App, File, Path, Verdict, Why string
	Role                          *string
	Line                          int
}

// persistence holds the rule persistent-data-off-volume against places that
// were judged by hand (../shared/corpus, where it is): precision and recall of
// violations, and the time that the rule takes.
func (b *bench) persistence() error {
	title("Lint: persistent data off the volume, against labels")
	corpus := filepath.Join(b.root, "..", "shared", "corpus")
	if dir := os.Getenv("APPIMG_CORPUS"); dir != "" {
		corpus = dir
	}
	labels, err := readLabels(filepath.Join(corpus, "persistence-labels.jsonl"))
	if err != nil {
		fmt.Printf("  left out: %v\n", err)
		return nil
	}
	s := score{labels: labels, matched: map[*label]bool{}}
	apps, err := os.ReadDir(corpus)
	if err != nil {
		return err
	}
	for _, app := range apps {
		if !app.IsDir() {
			continue
		}
		start := time.Now()
		result, err := validate.Run(b.ctx, filepath.Join(corpus, app.Name()), []validate.Rule{persist.Rule()}, validate.Options{Only: []string{persist.ID}})
		if err != nil {
			continue // no app
		}
		s.took = append(s.took, time.Since(start))
		s.add(app.Name(), result.Findings)
	}
	s.print(corpus)
	return nil
}

func readLabels(file string) ([]*label, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []*label
	in := bufio.NewScanner(f)
	for in.Scan() {
		l := &label{}
		if err := json.Unmarshal(in.Bytes(), l); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, in.Err()
}

// score is what findings and labels have in common.
type score struct {
	labels  []*label
	matched map[*label]bool
	right   int // findings at a violation
	wrong   []string
	beside  []string // findings where nothing was judged, or where it was left open
	took    []time.Duration
}

func (s *score) add(app string, findings []*validate.Finding) {
	for _, f := range findings {
		file := app + "/" + f.File
		text := fmt.Sprintf("%s %s:%d %s %s %s — %s", f.Severity, file, f.Line, f.Role, f.Kind, f.Path, f.Message)
		if f.Severity < validate.Warning {
			s.beside = append(s.beside, text)
			continue
		}
		switch s.verdict(file, f) {
		case "violation":
			s.right++
		case "":
			s.beside = append(s.beside, text)
		default:
			s.wrong = append(s.wrong, text)
		}
	}
}

// verdict is what was judged of a finding's place: of its line, else of its path
// in the same file. Where several roles were judged, a violation counts.
func (s *score) verdict(file string, f *validate.Finding) string {
	verdict := ""
	for _, sameLine := range []bool{true, false} {
		for _, l := range s.labels {
			if l.File != file || sameLine && l.Line != f.Line || !sameLine && clean(l.Path) != clean(f.Path) {
				continue
			}
			if l.Verdict == "violation" {
				s.matched[l] = true
				return l.Verdict
			}
			if l.Verdict != "unclear" {
				verdict = l.Verdict
			}
		}
		if verdict != "" {
			return verdict
		}
	}
	return ""
}

func clean(p string) string { return strings.TrimRight(p, "/") }

func (s *score) print(corpus string) {
	violations, there, found := 0, 0, 0
	for _, l := range s.labels {
		if l.Verdict != "violation" {
			continue
		}
		violations++
		if _, err := os.Stat(filepath.Join(corpus, l.File)); err != nil {
			continue
		}
		if there++; s.matched[l] {
			found++
		} else {
			fmt.Printf("  missed: %s:%d %s (%s)\n", l.File, l.Line, l.Path, l.Why)
		}
	}
	for _, w := range s.wrong {
		fmt.Printf("  wrong: %s\n", w)
	}
	for _, w := range s.beside {
		fmt.Printf("  not judged: %s\n", w)
	}
	fmt.Printf("  violations: %d labelled, %d of them in files that are here, %d found; %d findings right, %d wrong, %d at places that were not judged\n",
		violations, there, found, s.right, len(s.wrong), len(s.beside))
	fmt.Printf("  precision %.2f, recall %.2f\n", ratioOf(s.right, s.right+len(s.wrong)), ratioOf(found, there))
	total := time.Duration(0)
	for _, d := range s.took {
		total += d
	}
	fmt.Printf("  %d apps in %s (%s each), opening and rendering included\n", len(s.took), total.Round(time.Millisecond), (total / time.Duration(max(len(s.took), 1))).Round(time.Millisecond))
}

func ratioOf(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}
