package status_test

import (
	"reflect"
	"testing"

	"github.com/appimg/appimg/pkg/kvm/status"
)

func TestParseCommands(t *testing.T) {
	const at = "2026-01-02 03:04:0"
	tests := map[string]struct {
		log     string
		running bool
		want    []status.Command
	}{
		"empty": {"", false, nil},
		"good": {
			at + "1 7 [executing]: /opt/start.sh: now\n" + at + "2 7 [successful]: /opt/start.sh: now\n", false,
			[]status.Command{{ID: "7", Cmd: "/opt/start.sh: now", Started: at + "1", Ended: at + "2", Result: "successful"}},
		},
		"failed, several lines": {
			at + "1 7 [executing]: a\n b [executing]: x\n" + at + "2 7 [failed3]: a\n b\n", false,
			[]status.Command{{ID: "7", Cmd: "a\n b [executing]: x", Started: at + "1", Ended: at + "2", Result: "failed", Code: 3}},
		},
		"the Docker sample's form": {
			at + "1 7 [executing]: a\n" + at + "2 7 [failed]: a\n", false,
			[]status.Command{{ID: "7", Cmd: "a", Started: at + "1", Ended: at + "2", Result: "failed"}},
		},
		"one that ended exec.sh, one that runs": {
			at + "1 7 [executing]: exit 3\n" + at + "2 8 [executing]: sleep\n", true,
			[]status.Command{{ID: "7", Cmd: "exit 3", Started: at + "1", Result: "unknown"}, {ID: "8", Cmd: "sleep", Started: at + "2", Result: "executing"}},
		},
		"cut at its beginning": {
			"tail of a line\n" + at + "2 7 [successful]: a\n", false,
			[]status.Command{{ID: "7", Cmd: "a", Ended: at + "2", Result: "successful"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := status.ParseCommands(tt.log, tt.running); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func FuzzParseCommands(f *testing.F) {
	f.Add("2026-01-02 03:04:05 7 [executing]: a\n2026-01-02 03:04:05 7 [failed99999999999999999999]: a\n")
	f.Fuzz(func(t *testing.T, log string) {
		for _, c := range status.ParseCommands(log, true) {
			if c.Result == "" {
				t.Errorf("no result: %+v", c)
			}
		}
	})
}
