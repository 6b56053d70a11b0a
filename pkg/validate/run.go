package validate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
)

// Options are the choices of Run.
type Options struct {
	Only, Skip []string    // ids of rules; Only empty: all
	Roles      []string    // findings about other roles are left out; empty: all
	Files      app.Options // where to read; the zero value is the disk
	Found      func(n int) // is told how many apps there are, before they are looked at; may be nil
}

// Result is what a run found.
type Result struct {
	Findings []*Finding // in order of place, each once
	Root     string     // what File of a finding is relative to: the folder that was linted, or the project that it lies in
	Apps     []*app.App // that were looked at
	Roles    []string   // of all apps
	FailOn   Severity   // the strictest that an app asks for; Off where none does
}

// Run lints every app in or below dir. Faults of what is linted are findings;
// an error means that there is nothing to lint, or that a rule could not run.
func Run(ctx context.Context, dir string, rules []Rule, o Options) (*Result, error) {
	apps, err := app.Discover(ctx, dir, o.Files)
	dir = rootOf(dir, apps, err)
	broken, err := unreadable(dir, err)
	if err != nil {
		return nil, err
	}
	result := &Result{Root: dir, Apps: apps}
	if o.Found != nil {
		o.Found(len(apps))
	}
	var perApp [][]*Finding
	var beside func() *Package
	for _, a := range apps {
		p := NewPackage(ctx, a)
		if beside == nil {
			beside = p.beside
		}
		p.beside = beside // it is the same for all
		for _, role := range p.Roles() {
			result.Roles = append(result.Roles, role.Name)
		}
		found, err := Check(ctx, dir, p, rules, o)
		if err != nil {
			return nil, err
		}
		perApp = append(perApp, found)
		if on := p.config.FailOn; on != Off && (result.FailOn == Off || on < result.FailOn) {
			result.FailOn = on
		}
	}
	result.Findings = sortFindings(append(broken, agreed(dir, apps, perApp)...))
	return result, nil
}

// RuleError says why a rule could not run.
type RuleError struct {
	Rule string
	Err  error
}

func (e *RuleError) Error() string { return fmt.Sprintf("running rule %q: %v", e.Rule, e.Err) }

// Unwrap returns the reason.
func (e *RuleError) Unwrap() error { return e.Err }

// rootOf is dir, or the project above dir that it lies in.
func rootOf(dir string, apps []*app.App, err error) string {
	manifest := diag.PosOf(err).File
	var unread *app.FileError
	if errors.As(err, &unread) {
		manifest = unread.Path
	}
	root := dir
	switch {
	case len(apps) == 1 && apps[0].Manifest != nil:
		root = apps[0].Root
	case len(apps) == 0 && filepath.Base(manifest) == app.ManifestName:
		root = filepath.Dir(manifest)
	}
	if rel, err := filepath.Rel(dir, root); err == nil && filepath.IsLocal(rel) {
		return dir
	}
	return root
}

// Check runs rules on one app. Files of findings are relative to dir.
func Check(ctx context.Context, dir string, p *Package, rules []Rule, o Options) ([]*Finding, error) {
	run := &run{dir: dir, p: p, o: o}
	for _, rule := range slices.Concat(rules, OwnRules()) {
		run.ids = append(run.ids, rule.ID())
	}
	if err := run.checkAll(ctx, rules); err != nil {
		return nil, err
	}
	run.checkExtent()
	run.checkConfig()
	run.suppress()
	return sortFindings(toldTogether(run.kept())), ctx.Err()
}

// run is one run on one app.
type run struct {
	dir   string
	p     *Package
	o     Options
	ids   []string // of all rules
	found []*Finding
}

// checkAll runs rules side by side, as many as there are processors. What they
// find is in the order of the rules.
func (r *run) checkAll(ctx context.Context, rules []Rule) error {
	reporters := make([]*Reporter, len(rules))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, rule := range rules {
		reporters[i] = &Reporter{root: r.dir, rule: rule}
		if !r.wants(rule.ID()) {
			continue
		}
		group.Go(func() error {
			if err := checkOne(ctx, r.p, rule, reporters[i]); err != nil {
				return &RuleError{rule.ID(), err}
			}
			return nil
		})
	}
	err := group.Wait()
	for _, rep := range reporters {
		r.found = append(r.found, rep.findings...)
	}
	return err
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

// wants reports whether findings of a rule are asked for. That a check was cut
// short concerns each rule that is.
func (r *run) wants(id string) bool {
	return (len(r.o.Only) == 0 || slices.Contains(r.o.Only, id) || id == NotCheckedID) &&
		!slices.Contains(r.o.Skip, id) && !slices.Contains(r.p.config.Skip, id)
}

// checkConfig reports what is wrong with [lint].
func (r *run) checkConfig() {
	rep := (&Reporter{root: r.dir}).as(ConfigID, Error)
	m := r.p.App.Manifest
	for _, f := range r.p.configFaults {
		found := rep.At(m.Pos(f.key), "%s", f.why)
		if name := f.key[len("lint."):]; !strings.ContainsAny(name, ".[") {
			found.DidYouMean(name, configKeys())
		}
	}
	unknown := func(key, id string) {
		if !slices.Contains(r.ids, id) {
			rep.At(m.Pos(key), "no rule is called %q", id).DidYouMean(id, r.ids)
		}
	}
	for _, id := range r.p.config.Skip {
		unknown("lint.skip", id)
	}
	for _, id := range slices.Sorted(maps.Keys(r.p.config.Severity)) {
		unknown("lint.severity."+id, id)
	}
	r.found = append(r.found, rep.findings...)
}

func (r *run) suppress() {
	rep := &Reporter{root: r.dir}
	ran := func(id string) bool { return r.wants(id) && len(r.o.Roles) == 0 }
	r.found = suppress(r.found, r.p.suppressions(rep.Rel), r.ids, ran, rep)
}

// kept are the findings with the severities that appimg.toml gives them, and
// without those that are not asked for.
func (r *run) kept() []*Finding {
	var out []*Finding
	for _, f := range r.found {
		if s, ok := r.p.config.Severity[f.Rule]; ok {
			f.Severity = s
		}
		role := len(r.o.Roles) == 0 || f.Role == "" || slices.Contains(r.o.Roles, f.Role)
		if f.Severity != Off && role && r.wants(f.Rule) {
			r.p.extent(f)
			out = append(out, f)
		}
	}
	return out
}

// unreadable makes findings of faults that have a file (appimg.toml does not
// parse, config.json is a folder); what has none is an error.
func unreadable(dir string, err error) ([]*Finding, error) {
	r := (&Reporter{root: dir}).as(UnreadableID, Error)
	for _, one := range Joined(err) {
		pos, why := diag.PosOf(one), Plain(one)
		var file *app.FileError
		if errors.As(one, &file) && pos.IsZero() {
			pos, why = diag.Pos{File: file.Path}, "it cannot be read: "+file.Err.Error()
		}
		if pos.IsZero() {
			return nil, err
		}
		f := r.At(pos, "%s", why)
		for _, h := range diag.Hints(one) {
			f.Fix = h
		}
	}
	return r.findings, nil
}
