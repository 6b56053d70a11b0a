package windows

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/textdiff"
)

// install is one machine on its way to the agent.
type install struct {
	kvm.Course
	h        Host
	o        kvm.InstallOptions
	r        *kvm.Report
	patience time.Duration

	m      *machine
	bundle agent.Bundle
	wants  []want
	acts   []kvm.Action
	j      *journal // of an earlier run, or of this one
}

// InstallAgent makes a machine of either kind have the agent as the platform
// expects it, or leaves it as it was: kvm.InstallAgent does so on Linux. The
// report is never nil.
func InstallAgent(ctx context.Context, d Dialer, t kvm.Target, o kvm.InstallOptions) *kvm.Report {
	return installAgent(ctx, d, t, o, patience)
}

func installAgent(ctx context.Context, d Dialer, t kvm.Target, o kvm.InstallOptions, patience time.Duration) *kvm.Report {
	e := &either{Dialer: d}
	r := kvm.InstallAgent(ctx, e, t, o)
	if e.host == nil {
		return r
	}
	i := &install{Course: kvm.NewCourse(r, o.Event), h: e.host, o: o, r: r, patience: patience}
	err := i.all(ctx)
	if err != nil {
		err = fmt.Errorf("%s: %w", r.Host, err)
	}
	i.End(err)
	return r
}

func (i *install) all(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, i.h.Close()) }()
	i.Enter(kvm.PhaseFacts)
	if i.m, err = survey(ctx, i.h); err != nil {
		return err
	}
	i.r.Facts = i.m.facts
	if i.j, err = readJournal(ctx, i.h); err != nil {
		return err
	}
	i.r.Facts.Unfinished = i.j != nil
	i.Enter(kvm.PhasePreflight)
	if err := i.preflight(ctx); err != nil {
		return err
	}
	switch {
	case i.o.Plan:
		return i.addDiffs(ctx)
	case len(i.acts) == 0 && i.j == nil && (!i.o.Start || i.r.Facts.Running):
		i.Enter(kvm.PhaseVerify)
		err = i.verify(ctx)
	default:
		err = i.work(ctx)
	}
	if err == nil {
		i.Enter(kvm.PhaseReport)
	}
	return err
}

// preflight decides whether the agent can be installed, and what is to be done.
func (i *install) preflight(ctx context.Context) error {
	if err := i.fit(); err != nil {
		return err
	}
	i.remark()
	ready, err := i.o.Agent(ctx, agent.WindowsArch)
	if err != nil {
		return err
	}
	i.r.Agent, i.bundle = ready.ID(), ready.Bundle()
	i.wants = wantsOf(i.files())
	found, err := look(ctx, i.h, pathsOf(i.wants))
	if err != nil {
		return err
	}
	if i.acts, err = actions(i.wants, found); err != nil {
		return fmt.Errorf("planning the change: %w", err)
	}
	i.acts = append(i.acts, i.registrations()...)
	i.r.Changes = slices.Clone(i.acts)
	i.r.Changed = len(i.acts) > 0
	if err := i.o.Approved.Matches(i.r); err != nil {
		return err
	}
	return i.room()
}

// fit refuses machines on which the agent could not be installed, or work.
func (i *install) fit() error {
	f := i.r.Facts
	major, _, _ := strings.Cut(f.Version, ".")
	n, err := strconv.Atoi(major)
	switch {
	case i.o.ForceInit != "":
		return forLinux("--force-init", f)
	case i.o.PersistLogs != "":
		return forLinux("--persist-logs", f)
	case err != nil:
		return errors.New("its version of Windows is not known: \"ver\" names none")
	case i.o.Builtin && n < 10:
		return diag.WithHint(fmt.Errorf("installing on %s: the built-in daemon needs Windows 10 or Windows Server 2016", f), "--agent official installs the platform's own daemon")
	case !i.m.admin:
		return diag.WithHint(errors.New("the one who logged in is no administrator"), "log in as Administrator, or as a member of that group")
	}
	return nil
}

func forLinux(flag string, f *kvm.Facts) error {
	return diag.WithHint(fmt.Errorf("%s is for Linux, and this is %s", flag, f), "leave it out for this machine")
}

// remark tells what is worth knowing, and stops nothing.
func (i *install) remark() {
	f := i.r.Facts
	if i.j != nil {
		i.Note("an earlier run did not come to its end: going on from there")
	}
	if !f.Tested {
		i.Note("%s is not on the platform's list of tested systems", f.Name)
	}
	if f.Enabled {
		i.Note("the service starts at boot: the platform starts it itself (sc.exe config %s start= demand)", service)
	}
}

// files are those of the agent, and what the options add. The daemon fills the
// last two, and must find them.
func (i *install) files() []agent.File {
	files := i.bundle.WindowsFiles()
	if i.o.Metadata != "" {
		files = append(files, agent.WindowsConfig(agent.ConfigOptions{Node: i.o.Metadata}))
	}
	return append(files, agent.File{Path: "log/cmd.info"}, agent.File{Path: "log/cmd.log"})
}

// registrations are what is done besides files. A service that runs the
// bundle's daemon in one way or the other is left as it is.
func (i *install) registrations() (out []kvm.Action) {
	if i.m.image == "" || (i.bundle.NSSM() && i.m.image != nssm) {
		out = append(out, kvm.Action{Do: "service", Path: service, Was: i.m.image})
	}
	if !i.m.task && slices.ContainsFunc(i.bundle.WindowsFiles(), func(f agent.File) bool { return path.Base(f.Path) == "logrotate.ps1" }) {
		out = append(out, kvm.Action{Do: "task", Path: taskName})
	}
	return out
}

// nssm is the program that makes a service of any other.
const nssm = "nssm.exe"

// room refuses a machine whose disk would fill up.
func (i *install) room() error {
	need := int64(16 << 20)
	for _, a := range i.acts {
		need += a.Size
	}
	if len(i.acts) > 0 && i.m.free >= 0 && i.m.free < need {
		return diag.WithHint(fmt.Errorf(`the disk C: has %d MB free, and %d MB are needed`, i.m.free>>20, need>>20), "make room there first")
	}
	return nil
}

// addDiffs shows how texts would change.
func (i *install) addDiffs(ctx context.Context) error {
	for n := range i.r.Changes {
		a := &i.r.Changes[n]
		data := i.dataOf(a.Path)
		if a.Do != "write" || !utf8.Valid(data) {
			continue
		}
		old, err := readFile(ctx, i.h, sftpPath(a.Path))
		if err != nil {
			return err
		}
		if utf8.Valid(old) {
			a.Diff = textdiff.Unified(a.Path+" (now)", a.Path, old, data)
		}
	}
	return nil
}

func (i *install) dataOf(windows string) []byte {
	at := slices.IndexFunc(i.wants, func(w want) bool { return windowsPath(w.path) == windows })
	if at < 0 {
		return nil
	}
	return i.wants[at].data
}
