package confd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/confd"
)

// Templates that would run, or grow, without end.
func TestLimits(t *testing.T) {
	grow := func(step string) string {
		return `{{$x := "aaaaaaaaaaaaaaaa"}}{{range 60}}{{$x = ` + step + `}}{{end}}{{len $x}}`
	}
	doubling := strings.Builder{}
	for i := range 60 {
		fmt.Fprintf(&doubling, "{{define \"t%d\"}}{{template \"t%d\"}}{{template \"t%d\"}}{{end}}", i, i+1, i+1)
	}
	doubling.WriteString(`{{define "t60"}}{{end}}{{template "t0"}}`)
	for name, c := range map[string]struct{ text, want string }{
		"range":            {`{{range 1000000000000}}{{end}}`, "steps"},
		"templates":        {doubling.String(), "steps"},
		"recursion":        {`{{define "r"}}{{template "r"}}{{end}}{{template "r"}}`, "exceeded maximum template depth"},
		"deep recursion":   {`{{define "r"}}` + strings.Repeat("{{if 1}}{{range 1}}{{with 1}}", 60) + `{{template "r"}}` + strings.Repeat("{{end}}", 180) + `{{end}}{{template "r"}}`, "too deep"},
		"range recursion":  {`{{define "r"}}{{range 1}}{{template "r"}}{{end}}{{end}}{{template "r"}}`, "too deep"},
		"nested ranges":    {strings.Repeat("{{range 1}}", 20_000) + `{{getv "/x"}}` + strings.Repeat("{{end}}", 20_000), "too deep"},
		"output":           {`{{range 10000}}{{printf "%100000d" 1}}{{end}}`, "output"},
		"printf":           {grow(`printf "%s%s" $x $x`), "too long"},
		"printf indexes":   {`{{$x := printf "%900000d" 1}}{{$x = printf "` + strings.Repeat("%[1]s", 300) + `" $x}}`, "too long"},
		"printf widths":    {`{{printf "` + strings.Repeat("%999999d", 300) + `" 1}}`, "too long"},
		"printf star":      {`{{printf "` + strings.Repeat("%[1]*d", 300) + `" 999999}}`, "too long"},
		"print":            {grow(`print $x $x`), "too long"},
		"println":          {grow(`println $x $x`), "too long"},
		"html":             {`{{$x := "<<<<<<<<"}}{{range 60}}{{$x = html $x $x}}{{end}}`, "too long"},
		"js":               {`{{$x := "<<<<<<<<"}}{{range 60}}{{$x = js $x $x}}{{end}}`, "too long"},
		"urlquery":         {`{{$x := "<<<<<<<<"}}{{range 60}}{{$x = urlquery $x $x}}{{end}}`, "too long"},
		"replace":          {grow(`replace $x "a" "aa" -1`), "too long"},
		"replace nothing":  {grow(`replace $x "" $x -1`), "too long"},
		"join":             {grow(`join (split $x "") $x`), "too long"},
		"base64":           {grow(`base64Encode $x`), "too long"},
		"toJson":           {grow(`toJson $x`), "too long"},
		"map":              {`{{$m := map}}{{range 60}}{{$m = map "a" $m "b" $m}}{{end}}{{$m}}`, "too long"},
		"toYaml":           {`{{$m := map}}{{range 20}}{{$m = map "a" $m "b" $m}}{{end}}{{toYaml $m}}`, "too long"},
		"check expression": {`{{printf "%s" (printf "%999999d" 1)}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tmpl, err := confd.ParseTemplate("t.tmpl", c.text, nil)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			err = tmpl.Render(io.Discard, store(t, nil))
			if c.want == "" && err == nil {
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			var te *confd.TemplateError
			if !errors.As(err, &te) || te.Pos.File != "t.tmpl" {
				t.Errorf("%v has no place", err)
			}
			if d := time.Since(start); d > 30*time.Second {
				t.Errorf("took %v", d)
			} else {
				t.Log(d)
			}
		})
	}
}

// What calls itself many times over, but not inside itself, is no recursion.
func TestCallsAreLeft(t *testing.T) {
	nested := strings.Repeat("{{if 1}}", 100) + "x" + strings.Repeat("{{end}}", 100)
	got, err := renderText(t, `{{define "a"}}`+nested+`{{end}}{{range 10000}}{{template "a"}}{{end}}`, nil)
	if err != nil || len(got) != 10000 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	got, err = renderText(t, `{{define "r"}}{{if gt . 0}}{{template "r" (sub . 1)}}{{end}}{{end}}{{template "r" 90000}}ok`, nil)
	if err != nil || got != "ok" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestRenderStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	tmpl, err := confd.ParseTemplate("t.tmpl", `{{range 1000000000000}}{{end}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := store(t, nil)
	time.AfterFunc(20*time.Millisecond, cancel)
	if err := tmpl.RenderContext(ctx, io.Discard, s); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTemplatesThatAreTooLarge(t *testing.T) {
	for name, text := range map[string]string{
		"bytes":   strings.Repeat("x", 5<<20),
		"actions": strings.Repeat("{{if 1}}", 60_000) + strings.Repeat("{{end}}", 60_000),
	} {
		if _, err := confd.ParseTemplate("t.tmpl", text, nil); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	deep := strings.Repeat("{{if 1}}", 20_000) + "x" + strings.Repeat("{{end}}", 20_000)
	if got, err := renderText(t, deep, nil); err != nil || got != "x" {
		t.Errorf("got %q, %v", got, err)
	}
}
