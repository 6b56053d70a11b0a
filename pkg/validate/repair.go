package validate

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/appimg/appimg/pkg/app"
)

// Repair is the change of a file that mends a finding.
type Repair struct {
	File string // the path on disk
	// Apply makes the new content. It may find other repairs of the same file
	// done, or its own; then it changes nothing.
	Apply func(data []byte) ([]byte, error)
	// Executable asks for the permission to run the file.
	Executable bool
}

// Change is what repairs make of a file.
type Change struct {
	File          string
	Before, After []byte
	Mode          fs.FileMode // permission bits that the file gets
	ModeChanges   bool
	// Alters says which rendered file would have another content; "" where
	// every node of every simulated cluster gets what it got.
	Alters string
}

// Repairs are the changes that mend findings, by file. Nothing is written.
func Repairs(ctx context.Context, dir string, findings []*Finding, o Options) ([]Change, error) {
	byFile := map[string][]*Repair{}
	for _, f := range findings {
		if f.Repair != nil {
			byFile[f.Repair.File] = append(byFile[f.Repair.File], f.Repair)
		}
	}
	var out []Change
	for _, file := range slices.Sorted(maps.Keys(byFile)) {
		c, err := repaired(file, byFile[file])
		if err != nil {
			return nil, fmt.Errorf("mending %q: %w", file, err)
		}
		if !bytes.Equal(c.Before, c.After) {
			if c.Alters, err = alters(ctx, dir, c, o); err != nil {
				return nil, err
			}
		} else if !c.ModeChanges {
			continue
		}
		out = append(out, c)
	}
	return out, nil
}

func repaired(file string, repairs []*Repair) (Change, error) {
	info, err := os.Stat(file)
	if err != nil {
		return Change{}, err
	}
	c := Change{File: file, Mode: info.Mode().Perm()}
	if c.Before, err = os.ReadFile(file); err != nil {
		return c, err
	}
	c.After = c.Before
	for _, r := range repairs {
		if r.Apply != nil {
			if c.After, err = r.Apply(c.After); err != nil {
				return c, err
			}
		}
		if r.Executable && c.Mode&0o100 == 0 {
			c.Mode |= 0o111 & (c.Mode >> 2) // for those who may read it
			c.ModeChanges = true
		}
	}
	return c, nil
}

// alters is the first rendered file that a change gives another content. What
// did not render before has none to keep.
func alters(ctx context.Context, dir string, c Change, o Options) (string, error) {
	before, err := rendered(ctx, dir, o.Overlay)
	if err != nil {
		return "", err
	}
	overlay := maps.Clone(o.Overlay)
	if overlay == nil {
		overlay = map[string][]byte{}
	}
	overlay[c.File] = c.After
	after, err := rendered(ctx, dir, overlay)
	if err != nil {
		return "", err
	}
	for _, id := range slices.Sorted(maps.Keys(before)) {
		if content, ok := after[id]; !ok || content != before[id] {
			return id, nil
		}
	}
	return "", nil
}

// rendered are all files of all simulated clusters of all apps, by a name.
func rendered(ctx context.Context, dir string, overlay map[string][]byte) (map[string]string, error) {
	apps, err := app.Discover(ctx, dir, app.Options{Overlay: overlay})
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, a := range apps {
		for _, r := range NewPackage(ctx, a, overlay).Renderings() {
			for _, o := range r.Outputs {
				if o.Err == nil {
					out[fmt.Sprintf("%s on node %s (%s %s)", o.Pair.Resource.Dest, o.Node.Name(), a.Name, r.Scenario.Name)] = o.Content
				}
			}
		}
	}
	return out, ctx.Err()
}
