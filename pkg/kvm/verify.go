package kvm

import (
	"bytes"
	"context"
	_ "embed" // the scripts
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
)

var (
	//go:embed scripts/verify.sh
	verifyScript string
	//go:embed scripts/service.sh
	serviceScript string
	//go:embed scripts/configure.sh
	configureScript string
)

// tellService is the step that tells the init system of the service: "leave",
// "start", "stop" or "restart". back is what a rollback does with the service.
func (c *change) tellService(w *Work, what, back string) *step {
	f := c.r.Facts
	return &step{PhaseConfigure, func(ctx context.Context) error {
		_, err := w.script(ctx, "telling the init system of the service", serviceScript+configureScript, nil, string(f.Init), f.booted(), what, back)
		return err
	}}
}

// replaces reports whether one of paths is changed, now or by an earlier run
// that did not come to its end.
func (c *change) replaces(paths ...string) bool {
	return c.r.Facts.Journal || slices.ContainsFunc(c.acts, func(a Action) bool { return slices.Contains(paths, a.Path) })
}

const verifying = "verifying what was done"

// inspection is what glance.sh, verify.sh and inspectScript have printed.
type inspection struct {
	values map[string][]string
	pairs  map[string][]byte // the files below conf.d and templates
	files  map[string]FileState
}

// state is what was found at a path: nothing where it was not looked at.
func (i *inspection) state(path string) FileState {
	s := i.files[path]
	s.Path = path
	return s
}

// parseSaid reads the answer about paths, and about those that the machine added.
func parseSaid(printed []byte, paths []string) (*inspection, error) {
	head, rest, ok := bytes.Cut(printed, []byte("=pairs=\n"))
	at := bytes.LastIndex(rest, []byte("=files=\n"))
	if !ok || at < 0 {
		return nil, fmt.Errorf("the machine's answer has no end: %q", printed[:min(len(printed), 200)])
	}
	said := &inspection{values: map[string][]string{}, pairs: parseDump(rest[:at]), files: map[string]FileState{}}
	for _, l := range strings.Split(string(head), "\n") {
		if k, v, ok := strings.Cut(l, "="); ok {
			said.values[k] = append(said.values[k], v)
		}
	}
	states, err := parseInspection(rest[at+len("=files=\n"):], slices.Concat(paths, said.values["path"]))
	for _, s := range states {
		said.files[s.Path] = s
	}
	return said, err
}

// verify reads everything back and loads every pair that there is.
func (c *change) verify(ctx context.Context) error {
	out, err := c.readAll(ctx)
	if err != nil {
		return onHost(c.h, verifying, err)
	}
	return onHost(c.h, verifying, c.readBack(out))
}

// readAll asks for the state of every want, and for what verify.sh tells.
func (c *change) readAll(ctx context.Context) (Output, error) {
	cmd := Cmd{Title: verifying, ReadOnly: true, Script: `if [ "$1" = - ]; then ` + readPaths + " fi\n" + verifyScript + inspectScript}
	cmd.Args, cmd.Stdin = pathArgs(Paths(c.wants))
	return c.h.Run(ctx, cmd)
}

func (c *change) readBack(out Output) error {
	said, err := parseSaid(out.Stdout, Paths(c.wants))
	if err != nil {
		return err
	}
	c.look = said
	return c.judge(said)
}

// judge finds everything that is not as it should be.
func (c *change) judge(said *inspection) error {
	left, err := actions(c.wants, c.statesOf(c.wants))
	if err != nil {
		return err
	}
	var faults []error
	for _, a := range left {
		faults = append(faults, fmt.Errorf("%q is not as it was made: %s", a.Path, orNothing(a.Was)))
	}
	return errors.Join(append(faults, c.job.judge(c, said)...)...)
}

// loadPairs parses every pair with appimg's own engine, and tells how many there
// are. A broken one is a fault where it is ours; another one is told and stops
// nothing: it was broken before.
func (c *change) loadPairs(files map[string][]byte, ours func(string) bool) (pairs int, faults []error) {
	const confDir, templates = agent.ConfDir + "/conf.d/", agent.ConfDir + "/templates/"
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasPrefix(name, confDir) {
			continue
		}
		pairs++
		err := LoadPair(name, files[name], templates, files)
		switch {
		case err == nil:
		case ours(name):
			faults = append(faults, err)
		default:
			c.Note("a pair does not load: %v", err)
		}
	}
	return pairs, faults
}

// LoadPair parses the pair whose resource is data, by appimg's own engine; name
// is for errors. Its template is one of files, by path, below the folder templates.
func LoadPair(name string, data []byte, templates string, files map[string][]byte) error {
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
