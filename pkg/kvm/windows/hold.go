package windows

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
)

// hold is a machine in the hands of this run.
type hold struct {
	h    Host
	id   string
	stop func()
}

// patience is how long a run that works on the machine may be silent before it
// counts as dead, and beat how often it lets itself be heard.
const (
	patience = 45 * time.Second
	beat     = 15 * time.Second
)

// own takes the machine into this run's hands, unless another run is at work.
func own(ctx context.Context, h Host, patience time.Duration) (*hold, error) {
	o := &hold{h: h, id: kvm.RunID()}
	for {
		other, err := o.take(ctx)
		if err != nil {
			return nil, err
		}
		if other == "" {
			break
		}
		dead, err := silent(ctx, h, other, patience)
		if err != nil {
			return nil, err
		}
		if !dead {
			return nil, diag.WithHint(errors.New("another run works on the machine"), "wait for it to end; one that died is forgotten after a minute")
		}
		if err := remove(ctx, h, ownerFile); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var ended sync.WaitGroup
	ended.Go(func() { o.beat(ctx) })
	o.stop = sync.OnceFunc(func() { cancel(); ended.Wait() })
	return o, nil
}

// take makes the owner's file, or tells what is in that of another.
func (o *hold) take(ctx context.Context) (other string, err error) {
	err = o.h.Files(ctx, "taking the machine into its hands", func(c *sftp.Client) error {
		other = ""
		if err := c.MkdirAll(stateDir); err != nil {
			return fmt.Errorf("making the folder %q: %w", windowsPath(stateDir), err)
		}
		f, err := c.OpenFile(ownerFile, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
		if err == nil {
			_, err = f.Write([]byte(o.id))
			return errors.Join(err, f.Close())
		}
		there, readErr := readAll(c, ownerFile)
		if readErr != nil {
			return fmt.Errorf("making the file %q: %w", windowsPath(ownerFile), err)
		}
		if ownerOf(there) != o.id { // else it was made before the connection was lost
			other = there
		}
		return nil
	})
	return other, err
}

// ownerOf is the run that an owner's file names; the second line is its beat.
func ownerOf(text string) string {
	id, _, _ := strings.Cut(text, "\n")
	return id
}

// silent reports whether the run that other tells of is dead: a process of this
// machine that has ended, or one that is not heard for as long as patience.
func silent(ctx context.Context, h Host, other string, patience time.Duration) (bool, error) {
	if kvm.RunEnded(ownerOf(other)) {
		return true, nil
	}
	for end := time.Now().Add(patience); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(min(patience, time.Second)):
		}
		now, err := readFile(ctx, h, ownerFile)
		if err != nil {
			return false, err
		}
		if string(now) != other {
			return now == nil, nil // it has ended, or lives
		}
	}
	return true, nil
}

// beat lets other runs see that this one lives.
func (o *hold) beat(ctx context.Context) {
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(beat):
			if o.mine(ctx) == nil { // an error shows in the next step of the work, too
				_ = writeFile(ctx, o.h, ownerFile, []byte(o.id+"\n"+strconv.Itoa(n)))
			}
		}
	}
}

// mine is an error where another run has taken the machine meanwhile.
func (o *hold) mine(ctx context.Context) error {
	text, err := readFile(ctx, o.h, ownerFile)
	if err == nil && ownerOf(string(text)) != o.id {
		err = diag.WithHint(errors.New("another run has taken the machine over"), "wait for that run to end")
	}
	return err
}

// release lets the machine go. The folder goes where nothing is left in it.
func (o *hold) release(ctx context.Context) error {
	o.stop()
	return o.h.Files(ctx, "letting the machine go", func(c *sftp.Client) error {
		for _, p := range []string{batchFile, ownerFile} {
			if err := gone(ctx, c, p); err != nil {
				return err
			}
		}
		_ = c.RemoveDirectory(stateDir) // a journal may be in it
		return nil
	})
}

// skew is the machine's clock less ours, as the date of the owner's file tells.
func (o *hold) skew(ctx context.Context) (skew time.Duration, err error) {
	err = o.h.Files(ctx, "reading the clock", func(c *sftp.Client) error {
		info, err := c.Lstat(ownerFile)
		if err == nil {
			skew = time.Until(info.ModTime()).Truncate(time.Second)
		}
		return err
	})
	return skew, err
}
