package confd_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/appimg/appimg/pkg/confd"
)

// One template, many nodes at once: each sees its own store.
func TestRenderConcurrently(t *testing.T) {
	tmpl, err := confd.ParseTemplate("t", `{{range ls "/n"}}{{getv (printf "/n/%s" .)}},{{end}}{{if eq (getv "/n/a") "13"}}{{getv "/unlucky"}}{{end}}`, nil)
	mustDo(t, err)
	var wg sync.WaitGroup
	for i := range 50 {
		s := store(t, map[string]any{"n": map[string]any{"a": fmt.Sprint(i), "b": fmt.Sprint(-i)}})
		wg.Go(func() {
			for range 20 {
				var out strings.Builder
				err := tmpl.Render(&out, s)
				var te *confd.TemplateError
				if (i == 13) != errors.As(err, &te) || (err != nil) != (i == 13) {
					t.Errorf("%d: %v", i, err)
				}
				if want := fmt.Sprintf("%d,%d,", i, -i); out.String() != want {
					t.Errorf("got %q, want %q", out.String(), want)
				}
			}
		})
	}
	wg.Wait()
}

type brokenWriter struct{}

var errBroken = errors.New("no space left")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestRenderTellsTheWritersError(t *testing.T) {
	tmpl, err := confd.ParseTemplate("t", "x", nil)
	mustDo(t, err)
	if err := tmpl.Render(brokenWriter{}, store(t, nil)); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}
