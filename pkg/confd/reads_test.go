package confd_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/appimg/appimg/pkg/confd"
)

func TestReads(t *testing.T) {
	tmpl, err := confd.ParseTemplate("d/t.tmpl", `{{define "z"}}{{getv "/last"}}{{end}}{{getv "/env/port" "80"}}
{{range $h := lsdir "/hosts"}}{{if exists (printf "/hosts/%s/ip" $h)}}{{else}}{{len (gets $h)}}{{end}}{{end}}
{{getv "/env/y" ""}}{{"/env/x" | getv}} {{printf "/a/%05d" 1 | ls}} {{with "d" | getv "/k"}}{{(get "/y").Value}}{{end}}{{template "z" getvs "/q/*"}}
`, nil)
	mustDo(t, err)
	var got []string
	for _, r := range tmpl.Reads() {
		got = append(got, fmt.Sprint(r.Pos, " ", r.Func, " ", r.Key, " ", r.Literal, r.Default))
	}
	want := []string{
		"d/t.tmpl:1:17 getv /last true false",
		"d/t.tmpl:1:40 getv /env/port true true",
		"d/t.tmpl:2:15 lsdir /hosts true false",
		"d/t.tmpl:2:36 exists /hosts/*/ip false false",
		"d/t.tmpl:2:86 gets * false false",
		"d/t.tmpl:3:3 getv /env/y true false",
		"d/t.tmpl:3:34 getv /env/x true false",
		"d/t.tmpl:3:64 ls /a/* false false",
		"d/t.tmpl:3:82 getv /k true true",
		"d/t.tmpl:3:96 get /y true false",
		"d/t.tmpl:3:135 getvs /q/* true false",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	if trees := tmpl.Trees(); len(trees) != 2 || trees[0].Name != "t.tmpl" || trees[1].Name != "z" {
		t.Errorf("trees %v", trees)
	}
	if tmpl.File() != "d/t.tmpl" {
		t.Errorf("file %s", tmpl.File())
	}
}

// A variable is followed as far as it holds one key: in its scope, and if it
// never changes.
func TestReadsOfVariables(t *testing.T) {
	for text, want := range map[string]string{
		`{{$k := "/env/x"}}{{getv $k}}`: "/env/x",
		`{{range $d := lsdir "/hosts"}}{{$ip := printf "/hosts/%s/ip" $d}}{{getv $ip}}{{end}}`: "/hosts/*/ip",
		`{{$r := "web"}}{{$h := printf "/hosts/%s" $r}}{{getv (printf "%s/%s/ip" $h .)}}`:      "/hosts/web/*/ip",
		`{{$k := "/a"}}{{$k = "/b"}}{{getv $k}}`:                                               "*",
		`{{$k := "/a"}}{{if true}}{{$k := "/b"}}{{end}}{{getv $k}}`:                            "/a",
		`{{with $k := "/a"}}{{getv $k}}{{end}}`:                                                "/a",
		`{{range $k := lsdir "/a"}}{{getv $k}}{{end}}`:                                         "*",
		`{{if true}}{{$k := "/a"}}{{else}}{{$k := "/b"}}{{getv $k}}{{end}}`:                    "/b",
		`{{getv $}}`: "*",
		`{{$x := "/a" | printf "%s/b"}}{{getv $x}}`:                                                "*",
		`{{$n := "x"}}{{getv (printf "/env/%05d/%s" 1 $n)}}`:                                       "/env/*/x",
		`{{$n := "x"}}{{getv (printf "/env/%s")}}{{define "d"}}{{$n := "y"}}{{exists $n}}{{end}}`:  "/env/*",
		`{{$n := "/x"}}{{range $n, $v := ls "/a"}}{{getv $n}}{{end}}`:                              "*",
		`{{$n := "/x"}}{{range $i, $v := ls "/a"}}{{$n := printf "/env/%s" $v}}{{end}}{{getv $n}}`: "/x",
	} {
		tmpl, err := confd.ParseTemplate("t", text, nil)
		mustDo(t, err)
		got := ""
		for _, r := range tmpl.Reads() {
			if r.Func == "getv" {
				got = r.Key
			}
		}
		if got != want {
			t.Errorf("%s reads %q, want %q", text, got, want)
		}
	}
}
