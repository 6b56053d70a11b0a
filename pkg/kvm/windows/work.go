package windows

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/pkg/sftp"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
)

// work does what is to be done, from the lock to the end.
func (i *install) work(ctx context.Context) error {
	i.Enter(kvm.PhaseLock)
	o, err := own(ctx, i.h, i.patience)
	if err != nil {
		return err
	}
	defer o.stop()
	if err := i.begin(ctx, o); err != nil {
		return errors.Join(err, o.release(context.WithoutCancel(ctx)))
	}
	if err := i.change(ctx, o); err != nil {
		return i.giveUp(ctx, o, err)
	}
	i.Enter(kvm.PhaseReport)
	i.j.Done = true
	if err := i.j.write(ctx, i.h); err != nil {
		return i.giveUp(ctx, o, err)
	}
	left, err := i.tidy(ctx)
	if left != nil {
		i.Note("%v; the next run removes it", left)
	}
	return errors.Join(err, o.release(ctx))
}

// begin makes the journal, before anything is touched.
func (i *install) begin(ctx context.Context, o *hold) error {
	if skew, err := o.skew(ctx); err == nil && skew.Abs() > time.Minute {
		i.r.Facts.Skew = skew
		i.Note("the machine's clock is off by %s", skew)
	}
	if i.j != nil && i.j.Done {
		left, err := i.tidy(ctx)
		if err = errors.Join(err, left); err != nil { // what was saved then is in the way of what is to be saved now
			return diag.WithHint(err, "end the program that runs from it, or restart the machine")
		}
		i.j = nil
	}
	if i.j == nil {
		i.j = &journal{Running: i.r.Facts.Running, Image: i.m.image}
	}
	i.j.add(i.acts)
	return i.j.write(ctx, i.h)
}

// tidy removes what was saved, and the journal. A program that still runs keeps
// its file, left says which: then both stay for the next run.
func (i *install) tidy(ctx context.Context) (left, err error) {
	for _, e := range i.j.Files {
		if e.Dir {
			continue
		}
		if err := remove(ctx, i.h, e.Path+coming); err != nil { // of an earlier run
			return nil, err
		}
		if err := remove(ctx, i.h, e.Path+saved); err != nil {
			return err, nil
		}
	}
	return nil, remove(ctx, i.h, journalFile)
}

// change brings the files, puts them in place, and registers what is to be registered.
func (i *install) change(ctx context.Context, o *hold) error {
	i.Enter(kvm.PhaseUpload)
	if err := i.upload(ctx); err != nil {
		return err
	}
	if err := o.mine(ctx); err != nil {
		return err
	}
	i.Enter(kvm.PhaseInstall)
	restart := i.j.Running && slices.ContainsFunc(i.j.Files, concernsDaemon)
	if restart || i.j.Service {
		if err := i.stop(ctx); err != nil {
			return err
		}
	}
	for _, a := range i.acts {
		if a.Do == "write" {
			if err := replace(ctx, i.h, sftpPath(a.Path)); err != nil {
				return err
			}
		}
	}
	i.Enter(kvm.PhaseConfigure)
	if err := i.register(ctx); err != nil {
		return err
	}
	if err := i.checkDaemon(ctx); err != nil { // before it is to run
		return err
	}
	if i.o.Start || i.j.Running {
		if err := i.start(ctx); err != nil {
			return err
		}
	}
	i.Enter(kvm.PhaseVerify)
	return i.verify(ctx)
}

// concernsDaemon: it reads these once, at its start, or is one of them.
func concernsDaemon(e entry) bool {
	return slices.Contains([]string{"bin/confd.exe", "bin/nssm.exe", "confd/confd.toml"}, strings.TrimPrefix(e.Path, sftpPath(agent.WindowsHome)+"/"))
}

func (i *install) upload(ctx context.Context) error {
	for _, a := range i.acts {
		p := sftpPath(a.Path)
		switch a.Do {
		case "mkdir":
			err := i.h.Files(ctx, "making a folder", func(c *sftp.Client) error { return c.MkdirAll(p) })
			if err != nil {
				return fmt.Errorf("making the folder %q: %w", a.Path, err)
			}
		case "write":
			if err := send(ctx, i.h, p, i.dataOf(a.Path)); err != nil {
				return err
			}
		}
	}
	return nil
}

// register does what is registered with Windows, and looks whether it is.
func (i *install) register(ctx context.Context) error {
	for _, a := range i.acts {
		switch a.Do {
		case "service":
			said, err := i.batch(ctx, "registering the service", serviceBatch(i.bundle.NSSM(), a.Was != ""))
			if err != nil {
				return err
			}
			if state, err := serviceState(ctx, i.h); err != nil || state == "" {
				return errors.Join(fmt.Errorf("registering the service %s: it is not there: %s", service, said), err)
			}
		case "task":
			said, err := i.batch(ctx, "making the log rotation's task", taskBatch())
			if err != nil {
				return err
			}
			if there, err := hasTask(ctx, i.h); err != nil || !there {
				return errors.Join(fmt.Errorf("making the task %q: it is not there: %s", taskName, said), err)
			}
		}
	}
	return nil
}

// batch runs a batch file, and is what it printed. Its exit status says little.
func (i *install) batch(ctx context.Context, doing string, text []byte) (string, error) {
	if err := writeFile(ctx, i.h, batchFile, text); err != nil {
		return "", err
	}
	out, err := i.h.Run(ctx, doing, batchLine(windowsPath(stateDir), path.Base(batchFile)))
	if err != nil && kvm.ExitStatus(err) < 0 {
		return "", err
	}
	return strings.TrimSpace(out.Text() + "\n" + string(out.Stderr)), remove(ctx, i.h, batchFile)
}

// stop ends the service, if it runs, and waits until it has ended.
func (i *install) stop(ctx context.Context) error { return i.bring(ctx, "STOPPED", stopLine) }

// start starts the service, if it does not run, and waits until it does.
func (i *install) start(ctx context.Context) error { return i.bring(ctx, "RUNNING", startLine) }

// bring brings the service to a state, with a line that is said once.
func (i *install) bring(ctx context.Context, wanted, line string) error {
	said := ""
	for end, first := time.Now().Add(30*time.Second), true; ; first = false {
		state, err := serviceState(ctx, i.h)
		switch {
		case err != nil:
			return err
		case state == wanted || (state == "" && wanted == "STOPPED"):
			return nil
		case time.Now().After(end) || (state == "STOPPED" && !first):
			return diag.WithHint(fmt.Errorf("bringing the service %s to %s: it is %s after %q: %s", service, wanted, state, line, said),
				`its log is %s\log\confd.log`, agent.WindowsHome)
		case first:
			out, err := i.h.Run(ctx, "telling the service", line)
			if err != nil && kvm.ExitStatus(err) < 0 {
				return err
			}
			said = out.Text()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// giveUp ends the work after cause, and says what has become of the machine. It
// works on after ctx was cancelled, for a minute.
func (i *install) giveUp(ctx context.Context, o *hold, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if !i.o.Rollback {
		return diag.WithHint(errors.Join(cause, o.release(ctx)), "the machine was left as it is (--rollback-on-failure=false); run again to go on from there")
	}
	if err := i.rollback(ctx, o); err != nil {
		return diag.WithHint(errors.Join(cause, fmt.Errorf("rolling back: %w", err)), "run the same command again: what was saved is still on the machine")
	}
	return cause
}

// rollback makes the machine what the journal says that it was.
func (i *install) rollback(ctx context.Context, o *hold) error {
	if err := o.mine(ctx); err != nil {
		return err
	}
	if err := i.unregister(ctx); err != nil {
		return err
	}
	for _, e := range slices.Backward(i.j.Files) {
		var err error
		if e.Dir {
			err = i.removeFolder(ctx, e.Path)
		} else {
			err = restore(ctx, i.h, e.Path, e.Existed)
		}
		if err != nil {
			return err
		}
	}
	if i.j.Running {
		if err := i.start(ctx); err != nil {
			return err
		}
	}
	return errors.Join(remove(ctx, i.h, journalFile), o.release(ctx))
}

// unregister takes back what was registered with Windows.
func (i *install) unregister(ctx context.Context) error {
	if err := i.stop(ctx); err != nil {
		return err
	}
	if i.j.Service {
		if _, err := i.h.Run(ctx, "removing the service", deleteLine); err != nil && kvm.ExitStatus(err) < 0 {
			return err
		}
		if i.j.Image != "" {
			if _, err := i.batch(ctx, "registering the service that was there", serviceBatch(i.j.Image == nssm, false)); err != nil {
				return err
			}
		}
	}
	if i.j.Task {
		if _, err := i.h.Run(ctx, "removing the log rotation's task", untaskLine); err != nil && kvm.ExitStatus(err) < 0 {
			return err
		}
	}
	return nil
}

// removeFolder removes a folder that was made. What a daemon has written into
// its logs goes with it; what somebody else has put anywhere stays, and is told.
func (i *install) removeFolder(ctx context.Context, p string) error {
	return i.h.Files(ctx, "removing a folder", func(c *sftp.Client) error {
		if p == sftpPath(agent.WindowsHome)+"/log" {
			if err := empty(ctx, c, p); err != nil {
				return err
			}
		}
		err := c.RemoveDirectory(p)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if left, listErr := c.ReadDir(p); listErr == nil && len(left) > 0 {
			i.Note("the folder %q stays: %q is in it", windowsPath(p), left[0].Name())
			return nil
		}
		return fmt.Errorf("removing the folder %q: %w", windowsPath(p), err)
	})
}
