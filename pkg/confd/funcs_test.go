package confd_test

import (
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/confd"
)

// What the recorded cases leave open around them: other kinds of arguments,
// other ends of ranges, the types of results.
func TestFunctions(t *testing.T) {
	doc := map[string]any{
		"n": map[string]any{"a": "1", "b": "2"}, "s": "x", "empty": "",
		"list": []any{"p", map[string]any{"name": "q", "v": true}}, "o": "/hosts", "num": 1e21,
	}
	for text, want := range map[string]string{
		// metadata
		`{{gets "/n/*"}} {{printf "%T" (gets "/n/*")}} {{(gets "/n/*").Len}}`: `[{/n/a 1} {/n/b 2}] memkv.KVPairs 2`,
		`{{getv "/list/q/v"}} {{getv "/list/0"}} {{getv "/num"}}`:             `true p 1000000000000000000000`,
		`{{ls "/n"}} {{ls "/n/a"}} {{lsdir "/list"}} {{ls "/list/q"}}`:        `[a b] [a n] [q] [list name v]`,
		`{{"/n/a" | getv}} {{"d" | getv "/zz"}} {{"/s" | exists}}`:            `1 d true`,
		`{{getvs "/n/[ab]"}} {{getvs "/s"}} {{gets "/zz"}}`:                   `[1 2] [x] []`,
		// arithmetic: results and their types
		`{{range $v := jsonArray "[0,1.5]"}}{{add $v 1}} {{end}}`:            `1 2.5 `,
		`{{printf "%T %T %T" (sub 0 0) (add 1 -1) (div 0 5)}}`:               `int int64 int64`,
		`{{printf "%T %T" (mul "1.5" 0) (sub "1.5" "1.5")}}`:                 `float64 float64`,
		`{{printf "%T %v" (sub (index "a" 0) 200) (sub (index "a" 0) 200)}}`: `int64 -103`,
		`{{mod -7 3}} {{mod 7 -3}} {{div -7 2}} {{mul "0.0" -1}}`:            `-1 1 -3 -0`,
		`{{max "-1" -2}} {{min "1.5" "1.25"}} {{max 9007199254740993 0}}`:    `-1 1.25 9.007199254740992e+15`,
		`{{add datetime.Month 0 | gt 13}} {{printf "%T" datetime.Month}}`:    `true time.Month`,
		// order
		`{{eq (map "a" 1) (map "a" 1)}} {{eq (get "/s") (get "/s")}} {{eq 1i 1i}}`: `true true true`,
		`{{eq "1.0e999" "1.0e999"}} {{eq 9007199254740993 9007199254740992}}`:      `true true`,
		`{{eq "9223372036854775808" "9223372036854775808.0"}}`:                     `false`,
		`{{ne nil 0}} {{eq nil ""}} {{ne "a" nil}}`:                                `true false true`,
		`{{gt (get "/s") -1}} {{lt true 1}} {{ge nil nil}} {{le nil 0}}`:           `true true true true`,
		`{{gt "a" (split "x,y" ",")}} {{lt "3" (split "x" ",")}}`:                  `false false`,
		`{{gt datetime 1600000000}} {{lt "2" "10"}} {{lt "a2" "a10"}}`:             `true true false`,
		// text
		`{{replace "aaa" "a" "b" 2}} {{replace "ab" "" "-" -1}} {{replace "aa" "a" "" -1}}|`:  `bba -a-b- |`,
		`{{split "日本" "" | len}} {{join (split "" ",") "x"}}|{{join (ls "/zz") ","}}|`:        `2 ||`,
		`{{contains "abc" ""}} {{contains "" "a"}} {{dir ""}} {{dir "/"}} {{base "a b/c d"}}`: `true false . / c d`,
		`{{toLower "ÀÇ"}}{{toUpper "ŉ"}}{{"a" | toUpper | printf "%s%s" "b"}}`:                `àçŉbA`,
		// data
		`{{json "null"}} {{len (json "{}")}} {{(json "{\"a\":[1]}").a}}`:                       `map[] 0 [1]`,
		`{{toJson (jsonArray "null")}} {{toJson (getvs "/zz")}} {{toJson 1000000.0}}`:          `null [] 1000000`,
		`{{toJson (gets "/n/a")}} {{toJson (get "/s")}}`:                                       `[{"Key":"/n/a","Value":"1"}] {"Key":"/s","Value":"x"}`,
		`{{toYaml (get "/s")}}{{toYaml "a"}}{{toYaml 5}}{{toYaml nil}}{{toYaml true}}`:         "key: /s\nvalue: x\na\n5\nnull\ntrue\n",
		`{{toYaml (map "a" (json "{\"b\":[[1,[]],{}]}"))}}`:                                    "a:\n  b:\n  - - 1\n    - []\n  - {}\n",
		`{{toYaml "` + strings.Repeat("word ", 20) + `end"}}`:                                  strings.TrimSuffix(strings.Repeat("word ", 17), " ") + "\n  " + strings.Repeat("word ", 3) + "end\n",
		`{{base64Encode (base64Decode "AP8=")}} [{{base64Decode ""}}]`:                         `AP8= []`,
		`{{map "a" nil}} {{(map "a" (map "b" 1)).a.b}}`:                                        `map[a:<nil>] 1`,
		`{{filter "" (split "a,b" ",")}} {{filter "^a$" (jsonArray "[\"a\",null]") | toJson}}`: `[a b] ["a"]`,
		`{{range filter "2" (gets "/n/*")}}{{.Key}}{{end}}`:                                    `/n/b`,
		// Go's own, within bounds
		`{{print 1 2 "a" "b" 3}}|{{println "a" 1}}|{{print}}|{{html}}`: "1 2ab3|a 1\n||",
	} {
		got, err := renderText(t, text, doc)
		if err != nil || got != want {
			t.Errorf("%s\ngot  %q, %v\nwant %q", text, got, err, want)
		}
	}
}

func TestFunctionsRefuse(t *testing.T) {
	for text, want := range map[string]string{
		`{{div 1 0.0}}`:                           "Can't divide the value by 0",
		`{{div 1 "0.0"}}`:                         "Can't divide the value by 0",
		`{{add 1i 1}}`:                            "Can't apply the operator to the values",
		`{{add "١" 1}}`:                           "invalid syntax",
		`{{add "1_0" 1}}`:                         "invalid syntax",
		`{{mod true 1}}`:                          "Modulo operator can't be used with non integer value",
		`{{mod 1 (max 2 1)}}`:                     "Modulo operator can't be used with non integer value",
		`{{max true 1}}`:                          "Max operator can't apply to the values",
		`{{min 1 (map)}}`:                         "Max operator can't apply to the values",
		`{{eq 1}}`:                                "want 2 got 1",
		`{{join (jsonArray "[]") ","}}`:           "wrong type for value; expected []string; got []interface {}",
		`{{replace "a" "a" "b" (add 0 1)}}`:       "wrong type for value; expected int; got int64",
		`{{filter "[" (split "a" ",")}}`:          "missing closing ]",
		`{{filter "a" nil}}`:                      "filter only support slice or array.",
		`{{base64Encode true}}`:                   "unsupported type bool",
		`{{base64Encode (ls "/")}}`:               "unsupported type slice",
		`{{json "[]"}}`:                           "cannot unmarshal array",
		`{{jsonArray "1"}}`:                       "cannot unmarshal number",
		`{{toJson (map "a" (mul "1.0e308" 10))}}`: "unsupported value: +Inf",
		`{{map "a"}}`:                             "invalid map call",
		`{{map nil 1}}`:                           "map keys must be strings",
		`{{(gets "/*").Swap 0 0}}`:                "function Swap has 0 return values",
		`{{seq 1 2}}`:                             `function "seq" not defined`,
	} {
		if _, err := renderText(t, text, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestFuncNames(t *testing.T) {
	want := strings.Fields(`add base base64Decode base64Encode contains datetime dir div eq exists fileExists filter ge get getenv gets
		getv getvs gt join json jsonArray le lookupIP lookupSRV ls lsdir lt map max min mod mul ne replace split sub toJson toLower toUpper toYaml`)
	if got := confd.FuncNames(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
}

type fakeMachine struct{ asked []string }

func (m *fakeMachine) FileExists(p string) bool { m.asked = append(m.asked, p); return p == "/yes" }
func (m *fakeMachine) Getenv(k string) string   { return map[string]string{"SET": "v"}[k] }
func (m *fakeMachine) LookupIP(string) []string { return []string{"10.0.0.1"} }
func (m *fakeMachine) Now() time.Time           { return time.Unix(1_700_000_000, 0).UTC() }
func (m *fakeMachine) LookupSRV(s, p, n string) []*net.SRV {
	return []*net.SRV{{Target: s + p + n, Port: 80}}
}

func TestMachine(t *testing.T) {
	m := &fakeMachine{}
	tmpl, err := confd.ParseTemplate("t", `{{fileExists "/yes"}} {{fileExists "/no"}} {{getenv "SET"}} {{getenv "X" "d"}} {{lookupIP "h"}} `+
		`{{range lookupSRV "a" "b" "c"}}{{.Target}}:{{add .Port 1}}{{end}} {{datetime.Format "2006-01-02"}}`, m)
	mustDo(t, err)
	var out strings.Builder
	mustDo(t, tmpl.Render(&out, store(t, nil)))
	if got, want := out.String(), "true false v d [10.0.0.1] abc:81 2023-11-14"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !reflect.DeepEqual(m.asked, []string{"/yes", "/no"}) {
		t.Errorf("asked for %q", m.asked)
	}
}

func TestLocalMachine(t *testing.T) {
	m := confd.LocalMachine()
	dir := t.TempDir()
	mustDo(t, os.WriteFile(dir+"/file", nil, 0o600))
	mustDo(t, os.Symlink("nowhere", dir+"/dangling"))
	for name, want := range map[string]bool{"file": true, "none": false, "file/below": true, "dangling": false, ".": true} {
		if got := m.FileExists(filepath.Join(dir, name)); got != want {
			t.Errorf("FileExists(%s) = %v", name, got)
		}
	}
	t.Setenv("CONFD_TEST", "x")
	if m.Getenv("CONFD_TEST") != "x" || m.Getenv("CONFD_TEST_UNSET") != "" {
		t.Error("Getenv")
	}
	for host, want := range map[string][]string{"127.0.0.1": {"127.0.0.1"}, "::1": {}, "": nil} {
		if got := m.LookupIP(host); !reflect.DeepEqual(got, want) {
			t.Errorf("LookupIP(%q) = %#v", host, got)
		}
	}
	if got := m.LookupSRV("", "", ""); got == nil || len(got) != 0 {
		t.Errorf("LookupSRV = %v", got)
	}
}
