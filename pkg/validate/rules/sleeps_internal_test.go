package rules

import (
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/sh"
)

func TestSleepsThatAreSure(t *testing.T) {
	for text, want := range map[string]float64{
		"sleep 5; sleep 2m; sleep 1 0.5":                                 126.5,
		"start && sleep 5 && sleep 6":                                    11,
		"start || exit 1; sleep 5":                                       5,
		"sleep 5 || sleep 6":                                             5,
		"{ sleep 5; sleep 6; }; ( sleep 7; exit 1 ); sleep 8":            26,
		"for i in 1 2 3; do sleep 5; done":                               15,
		"for i in {1..10}; do for j in $(seq 2); do sleep 1; done; done": 20,
		"for i in `seq 3 4`; do sleep 5; done; sleep 1":                  11,
		"for ((i = 0; i < 4; i++)); do sleep 5; done":                    20,
		"time sudo sleep 5":                                              5,
		"sleep 5; exit 0; sleep 6":                                       5,

		"sleep 5 &":                            0,
		"sleep 5 | cat":                        0,
		"sleep $LONG":                          0,
		"timeout 5 sleep 600":                  0,
		"pidof demo && sleep 5":                0,
		"[ -f /data/done ] && exit 0; sleep 5": 0,
		"! start && sleep 5":                   0,
		"if start; then exit 0; fi; sleep 5":   0,
		"for i in 1 2 3; do ping -c1 db && break; sleep 5; done":          0,
		"for i in 1 2 3; do ping -c1 db && break; sleep 5; done; sleep 2": 2,
		"for i in 1 2 3; do ping -c1 db && exit; sleep 5; done; sleep 2":  0,
		"for f in *.log $ALL; do sleep 5; done":                           0,
		"while ! ping -c1 db; do sleep 5; done":                           0,
		"later() { sleep 5; }":                                            0,
	} {
		file, err := sh.Parse(text, syntax.LangBash)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := sleepsIn(file.Stmts); got != want {
			t.Errorf("%s: %g seconds, not %g", text, got, want)
		}
	}
}
