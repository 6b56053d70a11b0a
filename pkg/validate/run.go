package validate

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
)

// Options are the choices of Run.
type Options struct {
	Only, Skip []string          // ids of rules; Only empty: all
	Roles      []string          // findings about other roles are left out; empty: all
	Overlay    map[string][]byte // as for app.Open
}

// Result is what a run found.
type Result struct {
	Findings []*Finding // in order of place, each once
	Apps     []*app.App // that were looked at
}

// Count is the number of findings of a severity.
func (r *Result) Count(s Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// Run lints every app in or below dir. Faults of what is linted are findings;
// an error means that there is nothing to lint, or that a rule could not run.
func Run(ctx context.Context, dir string, rules []Rule, o Options) (*Result, error) {
	apps, err := app.Discover(ctx, dir, app.Options{Overlay: o.Overlay})
	if err != nil {
		return unreadable(dir, err)
	}
	result := &Result{Apps: apps}
	for _, a := range apps {
		found, err := Check(ctx, dir, NewPackage(ctx, a, o.Overlay), rules, o)
		if err != nil {
			return nil, err
		}
		result.Findings = append(result.Findings, found...)
	}
	result.Findings = sortFindings(result.Findings)
	return result, nil
}

// Check runs rules on one app. Files of findings are relative to dir.
func Check(ctx context.Context, dir string, p *Package, rules []Rule, o Options) ([]*Finding, error) {
	var all []*Finding
	for _, rule := range rules {
		if !o.wants(rule.ID()) {
			continue
		}
		r := &Reporter{root: dir, rule: rule}
		if err := checkOne(ctx, p, rule, r); err != nil {
			return nil, fmt.Errorf("running rule %q: %w", rule.ID(), err)
		}
		all = append(all, r.findings...)
	}
	all = slices.DeleteFunc(all, func(f *Finding) bool { return f.Severity == Off || !o.wantsRole(f.Role) })
	return sortFindings(all), ctx.Err()
}

// checkOne runs one rule; a rule that panics is an error, not a crash.
func checkOne(ctx context.Context, p *Package, rule Rule, r *Reporter) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%v\n%s", v, debug.Stack())
		}
	}()
	if err := ctx.Err(); err != nil {
		return err
	}
	return rule.Check(ctx, p, r)
}

func (o *Options) wants(id string) bool {
	return (len(o.Only) == 0 || slices.Contains(o.Only, id)) && !slices.Contains(o.Skip, id)
}

func (o *Options) wantsRole(role string) bool {
	return len(o.Roles) == 0 || role == "" || slices.Contains(o.Roles, role)
}

// UnreadableID is the rule of findings about a project that cannot be read.
const UnreadableID = "unreadable-project"

// unreadable makes a finding of a fault that has a place (appimg.toml does not
// parse); what has none is an error.
func unreadable(dir string, err error) (*Result, error) {
	pos := diag.PosOf(err)
	if pos.IsZero() {
		return nil, err
	}
	r := &Reporter{root: dir, rule: NewRule(UnreadableID, Error, "", nil)}
	f := r.At(pos, "%s", plain(err))
	for _, h := range diag.Hints(err) {
		f.Fix = h
	}
	return &Result{Findings: r.findings}, nil
}
