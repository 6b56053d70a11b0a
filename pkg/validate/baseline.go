package validate

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

// Baseline is what was found before and is let pass: rule, file and the text of
// the line (not its number), with how often. It may only shrink.
type Baseline struct {
	Version  int             `json:"version"`
	Findings []BaselineEntry `json:"findings"`
}

// BaselineEntry is one finding of a baseline, or several that look the same.
type BaselineEntry struct {
	Rule    string `json:"rule"`
	Root    string `json:"root,omitempty"`
	File    string `json:"file"`
	Role    string `json:"role,omitempty"`
	Content string `json:"content"`
	Count   int    `json:"count"`
}

// key is e without its count.
func (e BaselineEntry) key() BaselineEntry {
	e.Count = 0
	return e
}

// LineOf is the text of a finding's line; "" for a file as a whole.
type LineOf func(*Finding) string

// NewBaseline lets all of findings pass.
func NewBaseline(findings []*Finding, line LineOf) *Baseline {
	b := &Baseline{Version: 1, Findings: []BaselineEntry{}} // not null in the file
	places := map[BaselineEntry]int{}
	for _, f := range findings {
		e := entryOf(f, line)
		if _, ok := places[e]; !ok {
			places[e] = len(b.Findings)
			b.Findings = append(b.Findings, e)
		}
		b.Findings[places[e]].Count++
	}
	return b
}

// Size is how many findings it lets pass.
func (b *Baseline) Size() int {
	n := 0
	for _, e := range b.Findings {
		n += e.Count
	}
	return n
}

func entryOf(f *Finding, line LineOf) BaselineEntry {
	return BaselineEntry{Rule: f.Rule, Root: f.Root, File: f.File, Role: f.Role, Content: strings.TrimSpace(line(f))}
}

// Filter leaves out what the baseline lets pass. rest is the baseline without
// what was not found again.
func (b *Baseline) Filter(findings []*Finding, line LineOf) (left []*Finding, rest *Baseline) {
	free := map[BaselineEntry]int{}
	for _, e := range b.Findings {
		free[e.key()] += e.Count
	}
	var passed []*Finding
	for _, f := range findings {
		if e := entryOf(f, line); free[e] > 0 {
			free[e]--
			passed = append(passed, f)
		} else {
			left = append(left, f)
		}
	}
	return left, NewBaseline(passed, line)
}

// Keep adds those entries of another baseline whose PATH was not linted.
func (b *Baseline) Keep(from *Baseline, untouched func(root string) bool) {
	for _, e := range from.Findings {
		if untouched(e.Root) {
			b.Findings = append(b.Findings, e)
		}
	}
}

// ParseBaseline reads a baseline file.
func ParseBaseline(file string, data []byte) (*Baseline, error) {
	b := &Baseline{}
	if err := json.Unmarshal(data, b); err != nil {
		return nil, &diag.Error{Op: fmt.Sprintf("parsing %q", file), Pos: diag.Pos{File: file}, Err: err}
	}
	if b.Version != 1 {
		return nil, fmt.Errorf("parsing %q: version %d of baselines is not known, only 1", file, b.Version)
	}
	return b, nil
}

// Encode is the baseline as its file has it.
func (b *Baseline) Encode() ([]byte, error) {
	data, err := json.MarshalIndent(b, "", "  ")
	return append(data, '\n'), err
}
