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
// violations by severity, and the time that the rule takes.
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
	s := score{labels: labels, found: map[*label]validate.Severity{}, judged: map[validate.Severity]*tally{}}
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
		s.took = append(s.took, took{app.Name(), time.Since(start)})
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
	labels []*label
	found  map[*label]validate.Severity // labelled violations, with the severest finding there
	judged map[validate.Severity]*tally
	took   []took
}

// tally counts the findings of one severity.
type tally struct {
	right, wrong, beside int // at a violation, at a place that is none, where nothing was judged or it was left open
}

type took struct {
	app  string
	time time.Duration
}

func (s *score) add(app string, findings []*validate.Finding) {
	for _, f := range findings {
		file := app + "/" + f.File
		t := s.judged[f.Severity]
		if t == nil {
			t = &tally{}
			s.judged[f.Severity] = t
		}
		text := fmt.Sprintf("%s %s:%d %s %s %s — %s", f.Severity, file, f.Line, f.Role, f.Kind, f.Path, f.Message)
		switch s.verdict(file, f) {
		case "violation":
			t.right++
		case "":
			t.beside++
			fmt.Println("  not judged: " + text)
		default:
			t.wrong++
			fmt.Println("  wrong: " + text)
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
				s.found[l] = max(s.found[l], f.Severity)
				return l.Verdict
			}
			if verdict == "" || l.Verdict != "unclear" {
				verdict = l.Verdict
			}
		}
		if verdict != "" {
			break
		}
	}
	if verdict == "unclear" {
		return ""
	}
	return verdict
}

func clean(p string) string { return strings.TrimRight(p, "/") }

func (s *score) print(corpus string) {
	violations := 0
	var here []*label
	for _, l := range s.labels {
		if l.Verdict != "violation" {
			continue
		}
		violations++
		if _, err := os.Stat(filepath.Join(corpus, l.File)); err != nil {
			continue
		}
		here = append(here, l)
		if _, ok := s.found[l]; !ok {
			fmt.Printf("  missed: %s:%d %s (%s)\n", l.File, l.Line, l.Path, l.Why)
		}
	}
	fmt.Printf("  violations: %d labelled, %d of them in files that are here\n", violations, len(here))
	fmt.Printf("  %-20s %6s %6s %11s %10s %7s\n", "findings", "right", "wrong", "not judged", "precision", "recall")
	var sum tally
	for _, least := range []validate.Severity{validate.Error, validate.Warning, validate.Info} {
		if t := s.judged[least]; t != nil {
			sum = tally{sum.right + t.right, sum.wrong + t.wrong, sum.beside + t.beside}
		}
		found := 0
		for _, l := range here {
			if severity, ok := s.found[l]; ok && severity >= least {
				found++
			}
		}
		fmt.Printf("  %-20s %6d %6d %11d %10.2f %7.2f\n", least.String()+" and above", sum.right, sum.wrong, sum.beside, ratioOf(sum.right, sum.right+sum.wrong), ratioOf(found, len(here)))
	}
	s.printTimes()
}

func (s *score) printTimes() {
	var total time.Duration
	var slowest took
	for _, t := range s.took {
		total += t.time
		if t.time > slowest.time {
			slowest = t
		}
	}
	each := total / time.Duration(max(len(s.took), 1))
	fmt.Printf("  %d apps in %s (%s each; the slowest, %s, %s), opening and rendering included\n",
		len(s.took), total.Round(time.Millisecond), each.Round(time.Millisecond), slowest.app, slowest.time.Round(time.Millisecond))
}

func ratioOf(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}
