package status

import (
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// Command is one command of the platform's, as exec.sh has recorded it.
type Command struct {
	ID      string `json:"id"`
	Cmd     string `json:"cmd"`
	Started string `json:"started"` // by the machine's clock and zone, as it is written there
	Ended   string `json:"ended,omitempty"`
	// Result is "successful", "failed", "executing" for one that runs, or
	// "unknown" for one that ended without a line (its shell was ended by it).
	Result string `json:"result"`
	Code   int    `json:"code"` // exit code of a failed one, where it is recorded
}

// logLine is "DATE TIME ID [RESULT]: CMD" (platform.md, section 2).
var logLine = lazyregexp.New(`^(\S+ \S+) (\S+) \[(executing|successful|failed)(\d*)\]: (.*)$`)

// ParseCommands reads cmd.log, or its end. A command may have several lines.
// running says that exec.sh runs now.
func ParseCommands(log string, running bool) []Command {
	var out []Command
	for _, r := range records(log) {
		if r.result == "executing" {
			out = append(out, Command{ID: r.id, Cmd: r.cmd, Started: r.at, Result: "unknown"})
			continue
		}
		c := last(out, r.id)
		if c == nil { // its beginning is above what was read
			out = append(out, Command{ID: r.id, Cmd: r.cmd})
			c = &out[len(out)-1]
		}
		c.Ended, c.Result, c.Code = r.at, r.result, r.code
	}
	if n := len(out); n > 0 && running && out[n-1].Result == "unknown" {
		out[n-1].Result = "executing"
	}
	return out
}

// last is the last command with an id that has no result yet, or nil.
func last(list []Command, id string) *Command {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].ID == id && list[i].Result == "unknown" {
			return &list[i]
		}
	}
	return nil
}

type record struct {
	at, id, result, cmd string
	code                int
}

func records(log string) []record {
	var out []record
	for _, line := range strings.Split(strings.TrimRight(log, "\n"), "\n") {
		m := logLine.FindStringSubmatch(line)
		switch {
		case m != nil:
			code, _ := strconv.Atoi(m[4]) // digits, or none
			out = append(out, record{m[1], m[2], m[3], m[5], code})
		case len(out) > 0:
			out[len(out)-1].cmd += "\n" + line
		}
	}
	return out
}
