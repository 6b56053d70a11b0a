package status

import (
	"context"
	_ "embed" // the script
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/fetch"
	"github.com/appimg/appimg/pkg/kvm/payload"
)

//go:embed status.sh
var script string

// Report is how a machine stands.
type Report struct {
	System string `json:"system"` // in words
	Agent  Agent  `json:"agent"`
	Pairs  []Pair `json:"pairs"` // in path order
	// Commands are the last ones, oldest first.
	Commands []Command `json:"commands"`
	// Differences from the project; nil where none was given.
	Differences []Difference `json:"differences"`
}

// Agent is the agent on a machine.
type Agent struct {
	Installed bool     `json:"installed"`
	Version   string   `json:"version,omitempty"`
	Init      string   `json:"init"`
	Running   bool     `json:"running"`
	PIDs      []int    `json:"pids,omitempty"`
	Enabled   bool     `json:"enabled"`           // it starts at boot
	Unit      string   `json:"unit,omitempty"`    // what systemd says of it
	Nodes     string   `json:"nodes,omitempty"`   // of confd.toml: the metadata servers
	Prefix    string   `json:"prefix,omitempty"`  // of confd.toml
	Missing   []string `json:"missing,omitempty"` // files that should be there
	// Unfinished says that a run of appimg did not come to its end.
	Unfinished bool `json:"unfinished,omitempty"`
}

// Pair is a template resource on the machine.
type Pair struct {
	Resource string     `json:"resource"` // the toml's path
	Src      string     `json:"src"`
	Dest     string     `json:"dest"`
	Rendered *time.Time `json:"rendered"`        // when dest was last written; nil where it is not there
	Fault    string     `json:"fault,omitempty"` // why it does not load
}

// Difference is a path that is not as the project has it.
type Difference struct {
	Path string `json:"path"`
	What string `json:"what"` // missing, differs, extra, or how mode or owner differ
}

// Defective reports whether something is wrong: no agent, a pair that does not
// load, a difference.
func (r *Report) Defective() bool {
	return !r.Agent.Installed || len(r.Agent.Missing) > 0 || len(r.Differences) > 0 ||
		slices.ContainsFunc(r.Pairs, func(p Pair) bool { return p.Fault != "" })
}

// maxCommands is how many commands a report has.
const maxCommands = 10

// Of looks at a machine. items is what the project puts there; nil without one.
func Of(ctx context.Context, h kvm.Host, items []payload.Item) (*Report, error) {
	facts, _, err := kvm.Survey(ctx, h)
	if err != nil {
		return nil, err
	}
	r := &Report{System: facts.String(), Pairs: []Pair{}, Commands: []Command{}}
	r.Agent = Agent{Version: facts.Agent, Installed: facts.Agent != "", Init: string(facts.Init), Running: facts.Running, Enabled: facts.Enabled, Unfinished: facts.Unfinished}
	const doing = "asking how the agent stands"
	out, err := h.Run(ctx, kvm.Cmd{Title: doing, Script: script, ReadOnly: true})
	var said *said
	if err == nil {
		said, err = r.read(string(out.Stdout))
	}
	if err != nil {
		return nil, &diag.Error{Op: h.Name() + ": " + doing, Err: err}
	}
	files, err := fetch.Files(ctx, h, payload.ConfD, payload.Templates)
	if err != nil {
		return nil, err
	}
	r.Pairs = pairs(files, said.dests)
	if items != nil {
		r.Differences, err = differences(ctx, h, items, files)
	}
	return r, err
}

// said is what status.sh printed that has no place in the report.
type said struct {
	executing bool
	dests     map[string]time.Time
}

func (r *Report) read(text string) (*said, error) {
	head, log, ok := strings.Cut(text, "=cmd.log=\n")
	log, ended := strings.CutSuffix(log, "\n=end=\n")
	if !ok || !ended {
		return nil, errors.New("the machine's answer has no end")
	}
	s := &said{dests: map[string]time.Time{}}
	a := &r.Agent
	for _, line := range strings.Split(head, "\n") {
		key, value, _ := strings.Cut(line, "=")
		switch key {
		case "pid":
			if n, err := strconv.Atoi(value); err == nil {
				a.PIDs, a.Running = append(a.PIDs, n), true
			}
		case "executing":
			s.executing = true
		case "state":
			a.Unit = strings.TrimSpace(value)
		case "missing":
			if a.Installed {
				a.Missing = append(a.Missing, value)
			}
		case "nodes":
			a.Nodes = value
		case "prefix":
			a.Prefix = strings.Trim(value, `"'`)
		case "dest":
			if f := strings.SplitN(value, " ", 3); len(f) == 3 {
				at, err := strconv.ParseInt(f[0], 10, 64)
				if err == nil {
					s.dests[f[2]] = time.Unix(at, 0)
				}
			}
		}
	}
	commands := ParseCommands(log, s.executing)
	r.Commands = append(r.Commands, commands[max(0, len(commands)-maxCommands):]...)
	return s, nil
}

// pairs loads every pair of the machine with the engine of today.
func pairs(files map[string][]byte, dests map[string]time.Time) []Pair {
	out := []Pair{}
	for name, data := range files {
		if !strings.HasPrefix(name, payload.ConfD+"/") || !strings.HasSuffix(name, "toml") {
			continue
		}
		p := Pair{Resource: name}
		if err := p.load(data, files); err != nil {
			p.Fault = err.Error()
		}
		if at, ok := dests[p.Dest]; ok {
			p.Rendered = &at
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Pair) int { return strings.Compare(a.Resource, b.Resource) })
	return out
}

func (p *Pair) load(data []byte, files map[string][]byte) error {
	r, err := confd.ParseResource(p.Resource, data)
	if err != nil {
		return err
	}
	p.Src, p.Dest = r.Src, r.Dest
	src := path.Join(payload.Templates, r.Src)
	text, ok := files[src]
	if !ok {
		return diag.Errorf(r.Pos("src"), "its template %q is not there", src)
	}
	_, err = confd.ParseTemplate(src, string(text), confd.LocalMachine())
	return err
}

// differences compares the project's files with the machine's; a pair that the
// project does not have is one, too, unless it is the agent's.
func differences(ctx context.Context, h kvm.Host, items []payload.Item, files map[string][]byte) ([]Difference, error) {
	out := []Difference{}
	known := map[string]bool{payload.ConfD + "/cmd.info.toml": true, payload.Templates + "/cmd.info.tmpl": true}
	const atOnce = 500 // paths in one command line
	for chunk := range slices.Chunk(items, atOnce) {
		var paths []string
		for _, i := range chunk {
			paths = append(paths, i.Path)
			known[i.Path] = true
		}
		states, err := kvm.Inspect(ctx, h, paths...)
		if err != nil {
			return nil, err
		}
		for n, i := range chunk {
			if what := i.Differs(states[n]); what != "" {
				out = append(out, Difference{i.Path, what})
			}
		}
	}
	for name := range files {
		if !known[name] {
			out = append(out, Difference{name, "extra"})
		}
	}
	slices.SortFunc(out, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

// Service is the agent's service in a few words.
func (a Agent) Service() string {
	switch {
	case !a.Installed:
		return "not installed"
	case a.Running:
		words := "running"
		if len(a.PIDs) > 0 {
			words += fmt.Sprintf(" (process %d)", a.PIDs[0])
		}
		return words
	}
	return "stopped"
}
