// Package rules holds the rules of appimg lint, one per file, and their pages.
//
//	result, err := validate.Run(ctx, ".", rules.All(), validate.Options{})
//
// A new rule is a file rule_<id>.go, a line in All, a page in pages/ whose
// examples a test executes, and fixtures in testdata.
package rules
