package windows

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

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
