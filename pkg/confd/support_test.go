package confd_test

import (
	"context"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/confd"
)

func mustDo(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// store loads doc as what GET /self returned.
func store(t testing.TB, doc any) *confd.Store {
	t.Helper()
	s, err := confd.LoadStore(context.Background(), confd.TreeSource("/self", doc), "/self", []string{"/"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func renderText(t testing.TB, text string, doc any) (string, error) {
	t.Helper()
	tmpl, err := confd.ParseTemplate("t.tmpl", text, nil)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = tmpl.Render(&out, store(t, doc))
	return out.String(), err
}
