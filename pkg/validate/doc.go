// Package validate is the ground that rules stand on: what a rule sees of an
// app (Package), how it reports (Reporter, Finding), and how a run goes (Run).
// The rules themselves are in the packages below.
//
//	result, err := validate.Run(ctx, ".", rules.All(), validate.Options{})
//	for _, f := range result.Findings { … f.File, f.Line, f.Message … }
//
// A rule is a library function over files that may live in memory
// (Options.Files): nothing is printed here, and nothing is written.
//
// By file: what a rule sees is in package.go, files.go, pair.go, shell.go and, of
// simulated clusters, rendering.go, scenario.go, sizes.go and machine.go; what it
// is and says in rule.go, reporter.go, finding.go and severity.go. A run (run.go,
// own.go) leaves out what config.go, suppress.go, pattern.go, baseline.go and
// shared.go say, and tells what it did not look at (unchecked.go); repair.go and
// suggest.go mend what --fix may.
package validate
