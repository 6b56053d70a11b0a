package validate

import (
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/diag"
)

func TestToldTogether(t *testing.T) {
	r := (&Reporter{}).as("rule", Warning)
	say := func(subjects []string) string { return strings.Join(subjects, " ") }
	mend := &Repair{File: "b"}
	r.At(diag.Pos{File: "a", Line: 1}, "alone")
	r.At(diag.Pos{File: "a", Line: 2}, "").In("web").Together("key", "one", say)
	worst := r.At(diag.Pos{File: "b", Line: 1}, "").In("db").As(Error).Together("key", "two", say)
	r.At(diag.Pos{File: "b", Line: 2}, "").In("db").As(Error).Together("key", "one", say).Repair = mend
	r.At(diag.Pos{File: "b", Line: 3}, "").In("db").Together("another", "three", say)
	told := toldTogether(r.findings)
	var messages []string
	for _, f := range told {
		messages = append(messages, f.Message)
	}
	if got := strings.Join(messages, ", "); got != "alone, two one, three" {
		t.Errorf("told: %s", got)
	}
	if worst.Role != "" || told[2].Role != "db" {
		t.Errorf("roles: %q for several, %q for one", worst.Role, told[2].Role)
	}
	if also := worst.Also; len(also) != 2 || also[0].File != "a" || also[1].Line != 2 {
		t.Errorf("further places: %v", also)
	}
	if all := each(told); len(all) != 5 || all[1].Line != 2 || all[3].Repair != mend {
		t.Errorf("those that they speak for, in order of place: %v", all)
	}
}
