package kvm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"unicode/utf8"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/textdiff"
)

// Plan is what would be done on machines; it is kept in a file between
// --plan and --apply-plan.
type Plan struct {
	Job   string     `json:"job"` // the command that does it
	Hosts []HostPlan `json:"hosts"`
}

// HostPlan is what would be done on one machine.
type HostPlan struct {
	Host    string   `json:"host"`
	Agent   string   `json:"agent,omitempty"`
	Changes []Action `json:"changes"`
}

// PlanOf collects the reports of a planning run.
func PlanOf(reports []*Report) *Plan {
	p := &Plan{}
	for _, r := range reports {
		p.Job = r.Job
		if r.OK {
			p.Hosts = append(p.Hosts, HostPlan{r.Host, r.Agent, r.Changes})
		}
	}
	return p
}

// ReadPlan reads the file of a plan for a command; another command's is refused.
func ReadPlan(file, job string) (*Plan, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the plan: %w", err)
	}
	p := &Plan{}
	if err := json.Unmarshal(data, p); err != nil {
		return nil, diag.WithHint(fmt.Errorf("reading the plan %q: %w", file, err), "a plan is the output of --plan --format json")
	}
	if len(p.Hosts) == 0 {
		return nil, fmt.Errorf("reading the plan %q: it has no hosts", file)
	}
	if err := p.IsFor(job); err != nil {
		return nil, fmt.Errorf("reading the plan %q: %w", file, err)
	}
	return p, nil
}

// Matches refuses a machine that is not, or a change that is no longer, as
// planned; a nil plan has nothing against it.
func (p *Plan) Matches(r *Report) error {
	if p == nil {
		return nil
	}
	const hint = "make a new plan"
	for _, h := range p.Hosts {
		if h.Host != r.Host {
			continue
		}
		if why := difference(h.Changes, r.Changes); why != "" {
			return diag.WithHint(errors.New("the machine is no longer as planned: "+why), hint)
		}
		return nil
	}
	return diag.WithHint(fmt.Errorf("the plan says nothing about %q", r.Host), hint)
}

// IsFor refuses another command's plan; nil is no plan.
func (p *Plan) IsFor(job string) error {
	if p != nil && p.Job != job {
		return diag.WithHint(fmt.Errorf("it is one of %q", p.Job), "appimg kvm %s --apply-plan does it", p.Job)
	}
	return nil
}

// difference is the first step in which two changes differ.
func difference(planned, now []Action) string {
	for i := range max(len(planned), len(now)) {
		switch {
		case i >= len(planned):
			return fmt.Sprintf("%s %q is needed now", now[i].Do, now[i].Path)
		case i >= len(now):
			return fmt.Sprintf("%s %q is not needed any more", planned[i].Do, planned[i].Path)
		}
		a, b := planned[i], now[i]
		if a.Path != b.Path || a.Do != b.Do {
			return fmt.Sprintf("%s %q was planned, and %s %q is needed now", a.Do, a.Path, b.Do, b.Path)
		}
		if a.Was != b.Was {
			return fmt.Sprintf("%q was %s and is %s", a.Path, orNothing(a.Was), orNothing(b.Was))
		}
		if a.SHA256 != b.SHA256 || a.Mode != b.Mode || a.Owner != b.Owner || a.Link != b.Link {
			return fmt.Sprintf("%q would become something else than planned", a.Path)
		}
	}
	return ""
}

func orNothing(s string) string {
	if s == "" {
		return "not there"
	}
	return s
}

// maxDiff bounds the texts that are compared, in bytes.
const maxDiff = 256 << 10

// addDiffs fetches the texts that would be replaced, and shows how.
func (c *change) addDiffs(ctx context.Context) error {
	for i := range c.r.Changes {
		a := &c.r.Changes[i]
		if a.Do != "write" || a.Size > maxDiff || !utf8.Valid(a.data) {
			continue
		}
		var old []byte
		if c.look.state(a.Path).Mode.IsRegular() && a.Was != "" {
			var err error
			if old, err = ReadFile(ctx, c.h, a.Path); err != nil {
				return err
			}
		}
		if len(old) > maxDiff || !utf8.Valid(old) {
			continue
		}
		a.Diff = textdiff.Unified(a.Path+" (now)", a.Path, old, a.data)
	}
	return nil
}
