// Package rules holds the rules of appimg lint, one per file, and their pages.
//
//	result, err := validate.Run(ctx, ".", rules.All(), validate.Options{})
//
// A new rule is a file rule_<id>.go, a line in All, a page in pages/ whose
// examples a test executes, and fixtures in testdata.
//
// Files without rule_ in their name hold what several rules stand on: what
// templates read and call (reads.go, calls.go), what scripts run, make and end
// with (scripts.go, paths.go, makers.go, exits.go, sleeps.go), where names are mentioned
// (mentions.go), what may have which value on which cluster (values.go, kinds.go,
// cluster.go, roles.go, smallest.go, given.go); or a language (nginx.go,
// directives.go, sections.go, dockerfile.go, python.go).
package rules
