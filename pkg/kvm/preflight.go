package kvm

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/diag"
)

// fit refuses machines on which the scripts could not work.
func (c *change) fit(f *Facts) error {
	if f.System != "Linux" {
		return fmt.Errorf("it runs %q, and the agent is for Linux", f.System)
	}
	for _, t := range []string{"awk", "sha256sum", "stat"} {
		if !f.tools[t] {
			return diag.WithHint(fmt.Errorf("the machine has no %q", t), "install it first: coreutils and awk are needed")
		}
	}
	if len(f.readOnly) > 0 {
		return fmt.Errorf("%s cannot be written (a read-only file system, or not root)", strings.Join(f.readOnly, ", "))
	}
	if f.Unfinished {
		c.Note("an earlier run did not come to its end: going on from there")
	}
	return nil
}

// remark tells what is worth knowing about a machine that gets the agent, and
// stops nothing.
func remark(c *change) {
	f := c.r.Facts
	if !f.Tested {
		c.Note("%s is not on the platform's list of tested systems", f.Name)
	}
	if f.Skew.Abs() > time.Minute {
		c.Note("the machine's clock is off by %s", f.Skew)
	}
	if !f.tools["bash"] {
		c.Note("the machine has no bash: the platform's commands are written for it")
	}
	if f.Enabled {
		c.Note("the service starts at boot: the platform starts it itself (kvm seal turns that off)")
	}
}

// room refuses machines whose disk would fill up: the new files where they go,
// the upload, and copies of the old ones.
func (c *change) room(f *Facts) error {
	const spare = 16 << 20
	need := map[string]int64{}
	var sum int64
	for _, a := range c.acts {
		sum += a.Size
		need[f.disk(path.Dir(a.Path))] += a.Size
	}
	if len(need) > 0 {
		at := f.disk(StateDir)
		need[at] = max(need[at], 3*sum)
	}
	for _, dir := range slices.Sorted(maps.Keys(need)) {
		if free := f.Free(dir); free >= 0 && free < need[dir]+spare {
			return diag.WithHint(fmt.Errorf("the disk of %q has %d MB free, and %d MB are needed", dir, free>>20, (need[dir]+spare)>>20), "make room there first")
		}
	}
	return nil
}
