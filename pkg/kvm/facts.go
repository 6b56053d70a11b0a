package kvm

import (
	"context"
	_ "embed" // the scripts
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/agent"
)

var (
	//go:embed scripts/survey.sh
	surveyScript string
	//go:embed scripts/glance.sh
	glanceScript string
)

// Facts are what a machine says about itself.
type Facts struct {
	ID       string   `json:"id"`      // os-release's ID, or its like on older systems: "debian", "centos", …
	Version  string   `json:"version"` // "12", "6.4"
	Name     string   `json:"name"`    // for people
	Like     []string `json:"like,omitempty"`
	Kernel   string   `json:"kernel"`
	System   string   `json:"system"` // "Linux"
	Arch     string   `json:"arch"`   // "amd64", "arm64", or uname's word
	Hostname string   `json:"hostname"`

	Init    agent.Init    `json:"init"`            // "" where none is known
	Booted  bool          `json:"booted"`          // the init system runs: not so in a container
	Agent   string        `json:"agent,omitempty"` // what the installed daemon says its version is
	Running bool          `json:"running"`         // the daemon runs
	Enabled bool          `json:"enabled"`         // it starts at boot
	Skew    time.Duration `json:"clock_skew_ns"`   // the machine's clock less ours
	Tested  bool          `json:"tested"`          // on the platform's list of tested systems
	// Unfinished says that an earlier run did not come to its end: its journal is open.
	Unfinished bool `json:"unfinished"`
	// UnfinishedJob is the command of that run; "" where it did not say.
	UnfinishedJob string        `json:"unfinished_command,omitempty"`
	Owner         string        `json:"-"` // the run that has the machine in its hands
	OwnerAge      time.Duration `json:"-"` // since it was last seen

	free     map[string]int64 // in bytes, by folder
	readOnly []string
	tools    map[string]bool
}

// Survey asks a machine for its facts and for the state of files, in one round
// trip; nothing is written.
func Survey(ctx context.Context, h Host, paths ...string) (*Facts, []FileState, error) {
	facts, said, err := survey(ctx, h, glance{paths: paths})
	if err != nil {
		return nil, nil, err
	}
	states := make([]FileState, len(paths))
	for i, p := range paths {
		states[i] = said.state(p)
	}
	return facts, states, nil
}

// glance is what to look at besides the facts.
type glance struct {
	paths []string
	lists []string // of StateDir: they are read, and every path on them is looked at
	// script prints further paths to look at, one a line.
	script string
}

func survey(ctx context.Context, h Host, g glance) (*Facts, *inspection, error) {
	const doing = "asking for its facts"
	begin := time.Now()
	c := Cmd{Title: doing, ReadOnly: true, Script: surveyScript + "more() {\n:\n" + g.script + "}\n" + glanceScript + verifyScript + inspectScript}
	c.Args, c.Stdin = pathArgs(g.paths)
	c.Args = append([]string{strings.Join(g.lists, "\n")}, c.Args...)
	out, err := h.Run(ctx, c)
	if err != nil {
		return nil, nil, onHost(h, doing, err)
	}
	said, err := parseSaid(out.Stdout, g.paths)
	if err != nil {
		return nil, nil, onHost(h, doing, err)
	}
	return newFacts(said.values, begin.Add(time.Since(begin)/2)), said, nil
}

func newFacts(v map[string][]string, now time.Time) *Facts {
	get := func(key string) string {
		if len(v[key]) > 0 {
			return strings.TrimSpace(v[key][0])
		}
		return ""
	}
	f := &Facts{
		Agent: get("agent.version"), Running: get("service.running") != "", Enabled: get("service.enabled") == "enabled",
		Unfinished: get("journal") != "", UnfinishedJob: unfinishedJob(get("journal")), Owner: get("owner"), readOnly: v["readonly"],
		tools: map[string]bool{},
	}
	if w := strings.Fields(get("uname")); len(w) == 4 {
		f.System, f.Hostname, f.Kernel, f.Arch = w[0], w[1], w[2], goArch(w[3])
	}
	f.identify(get)
	f.Init, f.Booted = initSystem(get("pid1"), get("init.booted"), v["init.has"])
	f.Tested = tested(f.ID, f.Version)
	if clock, err := strconv.ParseInt(get("clock"), 10, 64); err == nil {
		f.Skew = time.Unix(clock, 0).Sub(now).Truncate(time.Second)
	}
	if age, err := strconv.Atoi(get("owner.age")); err == nil {
		f.OwnerAge = time.Duration(age) * time.Second
	}
	f.free = freeSpace(strings.Fields(get("dirs")), v["df"])
	for _, t := range v["tool"] {
		f.tools[t] = true
	}
	return f
}

// unfinishedJob is the command whose journal is open; earlier versions did not say.
func unfinishedJob(journal string) string {
	if journal == "open" {
		return ""
	}
	return journal
}

// freeSpace reads what df says of dirs: a header, and a line for each.
func freeSpace(dirs, df []string) map[string]int64 {
	free := map[string]int64{}
	if len(df) != len(dirs)+1 {
		return free
	}
	for i, dir := range dirs {
		f := strings.Fields(df[i+1])
		if len(f) < 5 {
			continue
		}
		if kb, err := strconv.ParseInt(f[len(f)-3], 10, 64); err == nil {
			free[dir] = kb << 10
		}
	}
	return free
}

func goArch(machine string) string {
	switch machine {
	case "x86_64":
		return "amd64"
	case "aarch64":
		return "arm64"
	}
	return machine
}

// initSystem: what runs decides, then what is there.
func initSystem(pid1, booted string, has []string) (agent.Init, bool) {
	switch {
	case booted == "systemd" || pid1 == "systemd":
		return agent.Systemd, true
	case slices.Contains(has, "openrc"):
		return agent.OpenRC, pid1 == "init"
	case slices.Contains(has, "upstart"):
		return agent.Upstart, pid1 == "init"
	case pid1 == "init" && slices.Contains(has, "sysv"):
		return agent.SysV, true
	case slices.Contains(has, "systemd"):
		return agent.Systemd, false
	case slices.Contains(has, "sysv"):
		return agent.SysV, false
	}
	return "", false
}

// booted is "booted" where the init system runs.
func (f *Facts) booted() string {
	if f.Booted {
		return "booted"
	}
	return ""
}

// Free is how many bytes there are for files below dir, or -1.
func (f *Facts) Free(dir string) int64 {
	if n, ok := f.free[f.disk(dir)]; ok {
		return n
	}
	return -1
}

// disk is the nearest folder at or above dir whose free space is known, or "/".
func (f *Facts) disk(dir string) string {
	for dir != "/" {
		if _, ok := f.free[dir]; ok {
			return dir
		}
		dir = path.Dir(dir)
	}
	return dir
}

// String is the system in a few words: "Debian GNU/Linux 12 (bookworm), amd64, systemd".
func (f *Facts) String() string {
	name, init := f.Name, string(f.Init)
	if name == "" {
		name = "an unknown system (" + f.System + " " + f.Kernel + ")"
	}
	if f.System == "Windows" {
		return name + " (" + f.Version + "), " + f.Arch
	}
	if init == "" {
		init = "an unknown init system"
	}
	return name + ", " + f.Arch + ", " + init
}
