package kvm

import (
	"bytes"
	"context"
	_ "embed" // the scripts
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
)

var (
	//go:embed scripts/verify.sh
	verifyScript string
	//go:embed scripts/configure.sh
	configureScript string
)

// serviceAction is what tells the init system of the service; nil where there
// is nothing to tell. A daemon that ran is restarted where its program changed;
// one that did not stays stopped, unless it is to be started.
func (in *installation) serviceAction(w *Work) func(context.Context) error {
	f, what := in.r.Facts, "leave"
	switch {
	case f.Running && in.replaces(agent.Entrypoint, agent.ConfigPath):
		what, w.service = "restart", "restart"
	case in.o.Start && !f.Running:
		what, w.service = "start", "stop"
	case !f.Booted || !in.replaces(serviceFiles()...):
		return nil
	}
	return func(ctx context.Context) error {
		_, err := w.script(ctx, "registering the service", configureScript, nil, string(f.Init), f.booted(), what)
		return err
	}
}

func serviceFiles() []string {
	return []string{"/etc/init.d/confd", "/etc/systemd/system/confd.service", "/etc/init/confd.conf", upstartOverride}
}

// replaces reports whether one of paths is changed, now or by an earlier run
// that did not come to its end.
func (in *installation) replaces(paths ...string) bool {
	for _, a := range in.acts {
		for _, p := range paths {
			if a.Path == p {
				return true
			}
		}
	}
	return in.r.Facts.Journal
}

const verifying = "verifying the installation"

// inspection is what verify.sh and inspectScript have printed.
type inspection struct {
	values map[string][]string
	pairs  map[string][]byte // the files below conf.d and templates
	files  []FileState
}

func parseSaid(printed []byte, paths []string) (*inspection, error) {
	head, rest, ok := bytes.Cut(printed, []byte("=pairs=\n"))
	at := bytes.LastIndex(rest, []byte("=files=\n"))
	if !ok || at < 0 {
		return nil, fmt.Errorf("the machine's answer has no end: %q", printed[:min(len(printed), 200)])
	}
	said := &inspection{values: map[string][]string{}, pairs: parseDump(rest[:at])}
	for _, l := range strings.Split(string(head), "\n") {
		if k, v, ok := strings.Cut(l, "="); ok {
			said.values[k] = append(said.values[k], v)
		}
	}
	var err error
	said.files, err = parseInspection(rest[at+len("=files=\n"):], paths)
	return said, err
}

// verify reads everything back and loads every pair that there is.
func (in *installation) verify(ctx context.Context) error {
	paths := Paths(in.wants)
	out, err := in.h.Run(ctx, Cmd{Title: verifying, ReadOnly: true, Script: verifyScript + inspectScript, Args: paths})
	if err != nil {
		return onHost(in.h, verifying, err)
	}
	return onHost(in.h, verifying, in.readBack(out))
}

func (in *installation) readBack(out Output) error {
	said, err := parseSaid(out.Stdout, Paths(in.wants))
	if err != nil {
		return err
	}
	in.look = said
	return in.judge(said)
}

// judge finds everything that is not as it should be.
func (in *installation) judge(said *inspection) error {
	var faults []error
	for _, why := range said.values["fault"] {
		faults = append(faults, errors.New(why))
	}
	if v := said.values["agent.version"]; len(v) > 0 {
		in.r.Version = v[0]
	}
	if in.o.Start && in.r.Facts.Booted && in.r.Facts.Init == agent.Systemd && said.values["service.active"] == nil {
		faults = append(faults, errors.New("the service was started and does not run"))
	}
	left, err := actions(in.wants, in.statesOf(in.wants))
	if err != nil {
		return err
	}
	for _, a := range left {
		faults = append(faults, fmt.Errorf("%q is not as it was made: %s", a.Path, orNothing(a.Was)))
	}
	return errors.Join(append(faults, in.loadPairs(said.pairs)...)...)
}

// loadPairs parses every pair with appimg's own engine. A broken one of the
// user's is told and stops nothing: it was broken before.
func (in *installation) loadPairs(files map[string][]byte) (faults []error) {
	const confDir, templates = agent.ConfDir + "/conf.d/", agent.ConfDir + "/templates/"
	pairs := 0
	for name, data := range files {
		if !strings.HasPrefix(name, confDir) {
			continue
		}
		pairs++
		err := loadPair(name, data, templates, files)
		switch {
		case err == nil:
		case name == confDir+"cmd.info.toml":
			faults = append(faults, err)
		default:
			in.note("a pair does not load: %v", err)
		}
	}
	if pairs == 0 {
		faults = append(faults, errors.New("no pair was found, not even the agent's own"))
	}
	return faults
}

func loadPair(name string, data []byte, templates string, files map[string][]byte) error {
	r, err := confd.ParseResource(name, data)
	if err != nil {
		return err
	}
	src := path.Join(templates, r.Src)
	text, ok := files[src]
	if !ok {
		return diag.Errorf(r.Pos("src"), "its template %q is not there", src)
	}
	_, err = confd.ParseTemplate(src, string(text), confd.LocalMachine())
	return err
}

// parseDump reads what "wc -c" says of files, and their contents one after the other.
func parseDump(dump []byte) map[string][]byte {
	out := map[string][]byte{}
	sizes, contents, ok := bytes.Cut(dump, []byte("=contents=\n"))
	if !ok {
		return out
	}
	for _, line := range strings.Split(string(sizes), "\n") {
		size, name, ok := strings.Cut(strings.TrimLeft(line, " "), " ")
		n, err := strconv.Atoi(size)
		if !ok || err != nil || n < 0 || n > len(contents) || !path.IsAbs(name) { // the last line is the total
			continue
		}
		out[name], contents = contents[:n:n], contents[n:]
	}
	return out
}
