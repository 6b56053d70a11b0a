package validate

import "context"

// The rules that Run has itself: no app can be asked for them.
const (
	// UnreadableID is for a project that cannot be read at all.
	UnreadableID = "unreadable-project"
	// NotCheckedID is for files of a project that were not looked at.
	NotCheckedID = "not-checked"
	// ConfigID is for faults in [lint] of appimg.toml.
	ConfigID = "lint-config"
	// BadSuppressionID is for a suppression without a reason, or of a rule that does not exist.
	BadSuppressionID = "bad-suppression"
	// UnusedSuppressionID is for one that suppresses nothing.
	UnusedSuppressionID = "unused-suppression"
)

// OwnRules are the rules that Run itself finds, for lists of rules. Those about
// suppressions cannot be suppressed.
func OwnRules() []Rule {
	none := func(context.Context, *Package, *Reporter) error { return nil }
	return []Rule{
		NewRule(UnreadableID, Error, "The project cannot be read", none),
		NewRule(NotCheckedID, Error, "Part of the project was not checked", none),
		NewRule(ConfigID, Error, "[lint] of appimg.toml is wrong", none),
		NewRule(BadSuppressionID, Warning, "A suppression has no reason, or names no rule", none),
		NewRule(UnusedSuppressionID, Warning, "A suppression suppresses nothing", none),
	}
}
