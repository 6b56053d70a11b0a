// Package validate is the ground that rules stand on: what a rule sees of an
// app (Package), how it reports (Reporter, Finding), and how a run goes (Run).
// The rules themselves are in the packages below.
//
//	result, err := validate.Run(ctx, ".", rules.All(), validate.Options{})
//	for _, f := range result.Findings { … f.File, f.Line, f.Message … }
//
// A rule is a library function over files that may live in memory
// (Options.Files): nothing is printed here, and nothing is written.
package validate
