package kvm

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/diag"
)

// InstallOptions say what install-agent installs, and how.
type InstallOptions struct {
	Options
	// Agent is the agent for an architecture, made ready once for all machines.
	Agent func(ctx context.Context, arch string) (*Agent, error)
	// Builtin says that the bundle's daemon is appimg's own, which needs Linux 3.2.
	Builtin bool
	// ForceInit decides the init system, also of a system that is not known; "" finds it out.
	ForceInit agent.Init
	// Start starts the service at the end; the platform would do that.
	Start bool
	// Metadata is HOST:PORT for a confd.toml of one's own; "" writes none.
	Metadata string
	// PersistLogs is a folder on a volume where the agent's logs are kept from
	// the service's start on; "" leaves them on the system disk.
	PersistLogs string
}

// Agent is a bundle that is ready to be sent.
type Agent struct {
	bundle agent.Bundle // packed
	id     string
}

// Ready packs what is large in b; Windows unpacks nothing.
func Ready(b agent.Bundle) (*Agent, error) {
	if b.Windows() {
		return &Agent{b, b.ID()}, nil
	}
	packed, err := b.Pack()
	if err != nil {
		return nil, fmt.Errorf("packing the agent %q: %w", b.Source, err)
	}
	return &Agent{packed, packed.ID()}, nil
}

// Bundle has the agent's files.
func (a *Agent) Bundle() agent.Bundle { return a.bundle }

// ID is the bundle's.
func (a *Agent) ID() string { return a.id }

// InstallAgent makes a machine have the agent as the platform expects it, or
// leaves it as it was. The report is never nil.
func InstallAgent(ctx context.Context, d Dialer, t Target, o InstallOptions) *Report {
	return run(ctx, d, t, o.Options, &install{o})
}

// upstartOverride keeps upstart from starting the job at boot.
const upstartOverride = "/etc/init/confd.override"

// install is the job of install-agent.
type install struct{ o InstallOptions }

func (j *install) name() string { return "install-agent" }

// glance is at every file that could be concerned: which ones are depends on
// the init system, so the files of all are looked at.
func (j *install) glance() (glance, error) {
	paths, err := agentPaths()
	return glance{paths: paths}, err
}

// agentPaths are the paths of every file that an agent may have, and of the
// folders above.
func agentPaths() ([]string, error) {
	files := append(agent.New("", "", nil).Files(), agent.Logrotate(), agent.Config(agent.ConfigOptions{}))
	for _, i := range []agent.Init{agent.Systemd, agent.SysV, agent.Upstart, agent.OpenRC} {
		service, err := agent.Service(i)
		if err != nil {
			return nil, err
		}
		files = append(files, service...)
	}
	paths := append(pathsOf(withParents(wantsOf(files))), upstartOverride, agent.Home+"/bin/persist-logs")
	slices.Sort(paths) // the services have files in common
	return slices.Compact(paths), nil
}

// prepare decides whether the agent can be installed, and which files it has there.
func (j *install) prepare(ctx context.Context, c *change) error {
	f := c.r.Facts
	if j.o.ForceInit != "" && f.Init != j.o.ForceInit {
		f.Init, f.Booted = j.o.ForceInit, false
	}
	if err := j.suitable(f); err != nil {
		return err
	}
	remark(c)
	ready, err := j.o.Agent(ctx, f.Arch)
	if err != nil {
		return err
	}
	c.r.Agent = ready.id
	files, err := j.files(ready, f.Init)
	if err != nil {
		return err
	}
	wants := wantsOf(files)
	if f.Init == agent.Upstart {
		wants = append(wants, Want{Path: upstartOverride, Mode: 0o644, Data: []byte("manual\n")})
	}
	c.wants = withParents(wants)
	c.record = record{list: agentList, text: listing(c.r.Agent, c.wants)}
	return nil
}

// files are those of the agent, of its service, and what the options add.
func (j *install) files(ready *Agent, init agent.Init) ([]agent.File, error) {
	service, err := agent.Service(init)
	if err != nil {
		return nil, err
	}
	files := append(append(ready.bundle.Files(), service...), agent.Logrotate())
	if j.o.Metadata != "" {
		files = append(files, agent.Config(agent.ConfigOptions{Node: j.o.Metadata}))
	}
	if j.o.PersistLogs != "" {
		script, err := agent.PersistLogs(j.o.PersistLogs)
		if err != nil {
			return nil, err
		}
		files = append(files, script)
	}
	return files, nil
}

// suitable refuses machines on which the agent could not work.
func (j *install) suitable(f *Facts) error {
	switch {
	case j.o.ForceInit == "" && !f.Known():
		return diag.WithHint(fmt.Errorf("installing on %s: this system is not known", f), "--force-init systemd, sysv or upstart decides how the service is registered")
	case f.Init == "":
		return diag.WithHint(fmt.Errorf("installing on %s: no init system was found", f), "--force-init systemd, sysv or upstart decides")
	case j.o.Builtin && !runsGo(f.Kernel):
		return diag.WithHint(fmt.Errorf("installing on %s: the built-in daemon needs Linux 3.2, and this is %s", f, f.Kernel), "--agent official installs the platform's own daemon")
	}
	return nil
}

func (j *install) pending(*change) bool { return j.o.Start }

func (j *install) before(*change, *Work) *step { return nil }

// after tells the init system of the service; nil where there is nothing to
// tell. A daemon that ran is restarted where its program changed; one that did
// not stays stopped, unless it is to be started.
func (j *install) after(c *change, w *Work) *step {
	f := c.r.Facts
	switch {
	case f.Running && c.replaces(agent.Entrypoint, agent.ConfigPath):
		return c.tellService(w, "restart", "restart")
	case j.o.Start && !f.Running:
		return c.tellService(w, "start", "stop")
	case f.Booted && c.replaces("/etc/init.d/confd", "/etc/systemd/system/confd.service", "/etc/init/confd.conf", upstartOverride):
		return c.tellService(w, "leave", "leave")
	}
	return nil
}

func (j *install) judge(c *change, said *inspection) []error {
	var faults []error
	for _, why := range said.values["fault"] {
		faults = append(faults, errors.New(why))
	}
	if v := said.values["agent.version"]; len(v) > 0 {
		c.r.Version = v[0]
	}
	if j.o.Start && c.r.Facts.Booted && c.r.Facts.Init == agent.Systemd && said.values["service.active"] == nil {
		faults = append(faults, errors.New("the service was started and does not run"))
	}
	pairs, bad := c.loadPairs(said.pairs, func(name string) bool { return name == agent.ConfDir+"/conf.d/cmd.info.toml" })
	if pairs == 0 {
		faults = append(faults, errors.New("no pair was found, not even the agent's own"))
	}
	return append(faults, bad...)
}
