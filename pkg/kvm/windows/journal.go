package windows

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
)

// stateDir is where the journal and the lock are while appimg is at work; it
// goes at the end. Nobody but an administrator writes there: what is in it is
// trusted, and run.
const (
	stateDir    = "/C:/Program Files (x86)/appimg"
	journalFile = stateDir + "/journal.json"
	ownerFile   = stateDir + "/owner"
	batchFile   = stateDir + "/step.cmd"
)

// journal is what the machine was before the first run that did not come to its
// end: it is written before what it tells of is touched.
type journal struct {
	Files   []entry `json:"files"`
	Running bool    `json:"running"` // the service ran
	Service bool    `json:"service"` // the service is registered anew
	Image   string  `json:"image"`   // the program of the one before; "" without one
	Task    bool    `json:"task"`    // the log rotation's task is made
	Done    bool    `json:"done"`    // all is well: only what was saved is still to go
}

// entry is a path of SFTP that is made or replaced.
type entry struct {
	Path    string `json:"path"`
	Dir     bool   `json:"dir,omitempty"`
	Existed bool   `json:"existed,omitempty"`
}

// readJournal is what an earlier run has left; nil where there is none.
func readJournal(ctx context.Context, h Host) (*journal, error) {
	data, err := readFile(ctx, h, journalFile)
	if err != nil || data == nil {
		return nil, err
	}
	j := &journal{}
	if err := json.Unmarshal(data, j); err != nil {
		return nil, diag.WithHint(fmt.Errorf("reading the journal %q on the machine: %w", windowsPath(journalFile), err),
			"it is not appimg's: look what is in that folder, and remove it")
	}
	return j, nil
}

func (j *journal) write(ctx context.Context, h Host) error {
	data, err := json.Marshal(j)
	if err != nil {
		return err
	}
	return writeFile(ctx, h, journalFile, data)
}

// add takes what is about to be done into the journal. What an earlier run has
// noted of a path stays: only that run knew what was there.
func (j *journal) add(acts []kvm.Action) {
	for _, a := range acts {
		switch a.Do {
		case "service":
			j.Service = true
		case "task":
			j.Task = true
		default:
			p := sftpPath(a.Path)
			if !slices.ContainsFunc(j.Files, func(e entry) bool { return e.Path == p }) {
				j.Files = append(j.Files, entry{Path: p, Dir: a.Do == "mkdir", Existed: a.Was != ""})
			}
		}
	}
}

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

func readAll(c *sftp.Client, p string) (string, error) {
	f, err := c.Open(p)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var b strings.Builder
	_, err = f.WriteTo(&b)
	return b.String(), err
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

// empty removes what is in a folder, as far as it is files.
func empty(ctx context.Context, c *sftp.Client, dir string) error {
	files, err := c.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, f := range files {
		if err == nil && !f.IsDir() {
			err = gone(ctx, c, dir+"/"+f.Name())
		}
	}
	return err
}
