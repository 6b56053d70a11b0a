package cli

import "testing"

func TestHintNamesRoles(t *testing.T) {
	for want, names := range map[string][]string{
		"the roles are web, db":                         {"web", "", "db"},
		"the only role has no name: leave the role out": {""},
	} {
		if got := rolesAre(names); got != want {
			t.Errorf("%q: got %q, want %q", names, got, want)
		}
	}
}
