package rules_test

import (
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/rules"
)

// All published apps together: less than a second is wanted.
func BenchmarkPublishedApps(b *testing.B) {
	corpus := testneed.Shared(b, "corpus")
	for b.Loop() {
		if _, err := validate.Run(b.Context(), corpus, rules.All(), validate.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
