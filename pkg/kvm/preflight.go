package kvm

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/diag"
)

// upstartOverride keeps upstart from starting the job at boot.
const upstartOverride = "/etc/init/confd.override"

// preflight decides whether the agent can be installed, and what is to be done.
func (in *installation) preflight(ctx context.Context) error {
	f := in.r.Facts
	if err := in.suitable(f); err != nil {
		return err
	}
	ready, err := in.o.Agent(ctx, f.Arch)
	if err != nil {
		return err
	}
	in.r.Agent = ready.id
	service, err := agent.Service(f.Init)
	if err != nil {
		return err
	}
	files := append(append(ready.bundle.Files(), service...), agent.Logrotate())
	if in.o.Metadata != "" {
		files = append(files, agent.Config(agent.ConfigOptions{Node: in.o.Metadata}))
	}
	if in.o.PersistLogs != "" {
		script, err := agent.PersistLogs(in.o.PersistLogs)
		if err != nil {
			return err
		}
		files = append(files, script)
	}
	wants := wantsOf(files)
	if f.Init == agent.Upstart {
		wants = append(wants, Want{Path: upstartOverride, Mode: 0o644, Data: []byte("manual\n")})
	}
	in.wants = withParents(wants)
	if in.acts, err = actions(in.wants, in.statesOf(in.wants)); err != nil {
		return fmt.Errorf("planning the installation: %w", err)
	}
	in.list = in.listing()
	in.r.Changes, in.r.Changed = in.acts, len(in.acts) > 0
	if in.o.Approved != nil {
		if err := in.o.Approved.matches(in.r.Host, in.acts); err != nil {
			return err
		}
	}
	return in.room(f)
}

// statesOf are the states of the wants' files, as they were found.
func (in *installation) statesOf(wants []Want) []FileState {
	byPath := map[string]FileState{}
	for _, s := range in.look.files {
		byPath[s.Path] = s
	}
	out := make([]FileState, len(wants))
	for i, w := range wants {
		out[i] = byPath[w.Path]
		out[i].Path = w.Path
	}
	return out
}

// suitable refuses machines on which the agent could not work.
func (in *installation) suitable(f *Facts) error {
	const officialHint = "--agent official installs the platform's own daemon"
	switch {
	case f.System != "Linux":
		return fmt.Errorf("it runs %q, and the agent is for Linux", f.System)
	case in.o.ForceInit == "" && !f.Known():
		return diag.WithHint(fmt.Errorf("installing on %s: this system is not known", f), "--force-init systemd, sysv or upstart decides how the service is registered")
	case f.Init == "":
		return diag.WithHint(fmt.Errorf("installing on %s: no init system was found", f), "--force-init systemd, sysv or upstart decides")
	case in.o.Builtin && !runsGo(f.Kernel):
		return diag.WithHint(fmt.Errorf("installing on %s: the built-in daemon needs Linux 3.2, and this is %s", f, f.Kernel), officialHint)
	}
	for _, t := range []string{"awk", "sha256sum", "stat"} {
		if !f.tools[t] {
			return diag.WithHint(fmt.Errorf("the machine has no %q", t), "install it first: coreutils and awk are needed")
		}
	}
	if len(f.readOnly) > 0 {
		return fmt.Errorf("%s cannot be written (a read-only file system, or not root)", strings.Join(f.readOnly, ", "))
	}
	in.remark(f)
	return nil
}

// remark tells what is worth knowing and stops nothing.
func (in *installation) remark(f *Facts) {
	if !f.Tested {
		in.note("%s is not on the platform's list of tested systems", f.Name)
	}
	if f.Skew.Abs() > time.Minute {
		in.note("the machine's clock is off by %s", f.Skew)
	}
	if !f.tools["bash"] {
		in.note("the machine has no bash: the platform's commands are written for it")
	}
	if f.Enabled {
		in.note("the service starts at boot: the platform starts it itself (kvm seal turns that off)")
	}
	if f.Journal {
		in.note("an earlier run did not come to its end: going on from there")
	}
}

// room refuses machines whose disk would fill up: the upload, its unpacked
// form, the new files, and copies of the old ones.
func (in *installation) room(f *Facts) error {
	const spare = 16 << 20
	var sum int64
	for _, a := range in.acts {
		sum += a.Size
	}
	for _, n := range []struct {
		dir  string
		need int64
	}{{agent.Home, sum + spare}, {StateDir, 3*sum + spare}} {
		if free := f.Free(n.dir); len(in.acts) > 0 && free >= 0 && free < n.need {
			return diag.WithHint(fmt.Errorf("the disk of %q has %d MB free, and %d MB are needed", n.dir, free>>20, n.need>>20), "make room there first")
		}
	}
	return nil
}
