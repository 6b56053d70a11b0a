package validate

import "context"

// Rule looks at one app. A value is made anew for each run, so it may keep
// what it likes in its fields; rules of one run do not run at the same time.
type Rule interface {
	// ID is what findings, flags and suppressions call it: "duplicate-dest".
	ID() string
	// Severity is that of its findings unless a finding says otherwise.
	Severity() Severity
	// Title says in one line what it finds.
	Title() string
	// Check reports what it finds. An error means that the rule could not run.
	Check(ctx context.Context, p *Package, r *Reporter) error
}

// NewRule makes a rule of a function.
func NewRule(id string, s Severity, title string, check func(context.Context, *Package, *Reporter) error) Rule {
	return funcRule{id, s, title, check}
}

type funcRule struct {
	id       string
	severity Severity
	title    string
	check    func(context.Context, *Package, *Reporter) error
}

func (f funcRule) ID() string         { return f.id }
func (f funcRule) Severity() Severity { return f.severity }
func (f funcRule) Title() string      { return f.title }

func (f funcRule) Check(ctx context.Context, p *Package, r *Reporter) error {
	return f.check(ctx, p, r)
}
