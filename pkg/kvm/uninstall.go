package kvm

import (
	"context"
	_ "embed" // the script
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/diag"
)

//go:embed scripts/traces.sh
var tracesScript string

// UninstallOptions say how much uninstall-agent takes away.
type UninstallOptions struct {
	Options
	// KeepPushed leaves what push has put there, and its record.
	KeepPushed bool
	// Force takes edited files away too, and an agent that appimg has not installed.
	Force bool
}

// UninstallAgent takes away what appimg has put on a machine, and only that. The
// report is never nil.
func UninstallAgent(ctx context.Context, d Dialer, t Target, o UninstallOptions) *Report {
	return run(ctx, d, t, o.Options, &uninstall{o: o})
}

// uninstall is the job of uninstall-agent.
type uninstall struct{ o UninstallOptions }

func (j *uninstall) name() string { return "uninstall-agent" }

func (j *uninstall) glance() (glance, error) {
	paths, err := agentPaths()
	return glance{paths: append(paths, StateDir), lists: []string{agentList, pushList}, script: tracesScript}, err
}

// prepare decides what goes, by the machine's own record.
func (j *uninstall) prepare(_ context.Context, c *change) error {
	entries, err := j.entries(c)
	if err != nil {
		return err
	}
	agents := len(entries) > 0
	if !j.o.KeepPushed {
		pushed := c.list(pushList)
		if len(pushed) > 0 {
			c.Note("what appimg kvm push has put there goes too (--keep-pushed leaves it)")
		}
		maps.Copy(entries, pushed)
	}
	if agents {
		j.addTraces(c, entries)
	}
	j.addKeygen(c, entries)
	r := c.remove(entries, j.o.Force)
	if !j.o.Force {
		for _, p := range r.edited {
			c.Note("kept %q: it was edited (--force takes it away)", p)
		}
	}
	c.wants = r.wants()
	if c.r.Facts.Running && r.gone[agent.Entrypoint] {
		c.others = []Action{{Do: stopService, Path: agent.Entrypoint}}
	}
	if c.look.state(StateDir).Exists && !j.o.KeepPushed {
		c.others = append(c.others, Action{Do: "rmdir", Path: StateDir, Was: "what appimg knows of the machine"})
	}
	c.record = record{list: agentList, drop: []string{"sealed"}}
	if !j.o.KeepPushed {
		c.record.drop = append(c.record.drop, pushList, "provision")
	}
	return nil
}

// entries are the agent's files by the machine's record. An agent without one is
// not appimg's.
func (j *uninstall) entries(c *change) (map[string]listed, error) {
	entries := c.list(agentList)
	switch {
	case len(entries) > 0 || !c.look.state(agent.Entrypoint).Exists:
		return entries, nil
	case !j.o.Force:
		return nil, diag.WithHint(errors.New("the agent on the machine was not installed by appimg, or its record is lost"), "--force takes away what an agent is known to have, but not %s", agent.ConfigPath)
	}
	paths, err := agentPaths()
	for _, p := range paths {
		own := strings.HasPrefix(p, agent.Home) || strings.HasPrefix(p, agent.ConfDir) || p == path.Dir(agent.Home)
		if p != agent.ConfigPath && (own || !c.look.state(p).Mode.IsDir()) {
			entries[p] = listed{kind: "made"}
		}
	}
	return entries, err
}

// addTraces adds what the daemon has written, and the links that start it at boot.
func (j *uninstall) addTraces(c *change, entries map[string]listed) {
	for _, p := range c.look.values["path"] {
		dir := path.Dir(p)
		_, known := entries[p]
		written := (dir == agent.Home+"/log" || dir == agent.Home+"/run") && entries[dir].kind == "made"
		unit, rcLink := path.Base(p) == "confd.service", strings.HasSuffix(path.Base(p), "confd") && c.look.state(p).Link != ""
		starts := (unit || rcLink) && strings.HasPrefix(p, "/etc/") && !strings.HasPrefix(p, agent.ConfDir+"/")
		if !known && (written || starts) {
			entries[p] = listed{kind: "made"}
		}
	}
}

// addKeygen adds the service with which seal lets host keys be made at boot. Where
// there are none yet it stays: without it nobody could log in.
func (j *uninstall) addKeygen(c *change, entries map[string]listed) {
	var service []string
	keys := false
	for _, p := range c.look.values["path"] {
		keys = keys || strings.HasPrefix(p, "/etc/ssh/ssh_host_")
		if strings.Contains(path.Base(p), "appimg-ssh-keygen") {
			service = append(service, p)
		}
	}
	switch {
	case len(service) == 0:
	case !keys:
		c.Note("kept the service appimg-ssh-keygen: the machine has no host keys yet, and the next boot makes them with it")
	default:
		for _, p := range service {
			entries[p] = listed{kind: "made"}
		}
	}
}

// stopService is the action that stops the daemon.
const stopService = "stop"

func (j *uninstall) pending(*change) bool { return false }

func (j *uninstall) before(c *change, w *Work) *step {
	if !slices.ContainsFunc(c.others, func(a Action) bool { return a.Do == stopService }) {
		return nil
	}
	return c.tellService(w, "stop", "restart")
}

// after lets the init system forget the service.
func (j *uninstall) after(c *change, w *Work) *step {
	unit := func(a Action) bool {
		return strings.HasPrefix(a.Path, "/etc/systemd/") || strings.HasPrefix(a.Path, "/etc/init/")
	}
	if c.r.Facts.Booted && (c.r.Facts.Unfinished || slices.ContainsFunc(c.acts, unit)) {
		return c.tellService(w, "leave", "leave")
	}
	return nil
}

func (j *uninstall) judge(c *change, said *inspection) []error {
	if v := said.values["agent.version"]; len(v) > 0 && slices.ContainsFunc(c.wants, func(w Want) bool { return w.Path == agent.Entrypoint }) {
		return []error{fmt.Errorf("the daemon is still there: %s", v[0])}
	}
	return nil
}
