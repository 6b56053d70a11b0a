package validate

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
)

// maxMended bounds the files whose text is mended, in bytes.
const maxMended = 8 << 20

// Repair is the change of a file that mends a finding.
type Repair struct {
	File string // the path on disk
	// Apply makes the new content. It may find other repairs of the same file
	// done, or its own; then it changes nothing.
	Apply func(data []byte) ([]byte, error)
	// Executable asks for the permission to run the file.
	Executable bool
	// Suggestion says that it is likely to be meant, not sure.
	Suggestion bool
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

// Repairs are the changes that mend findings, by file, suggestions only if
// asked for. Of one file, those that alter no rendered file come first, as one
// change. Nothing is written.
func Repairs(ctx context.Context, dir string, findings []*Finding, suggestions bool, o Options) ([]Change, error) {
	m := &mending{ctx: ctx, dir: dir, files: o.Files}
	byFile := map[string][]*Repair{}
	for _, f := range each(findings) {
		if f.Repair != nil && (suggestions || !f.Repair.Suggestion) {
			byFile[f.Repair.File] = append(byFile[f.Repair.File], f.Repair)
		}
	}
	for _, file := range slices.Sorted(maps.Keys(byFile)) {
		if err := m.mend(file, byFile[file]); err != nil {
			return nil, fmt.Errorf("mending %q: %w", file, err)
		}
	}
	return m.out, nil
}

// mending is one call of Repairs.
type mending struct {
	ctx    context.Context
	dir    string
	files  app.Options
	before map[string]string // what is rendered now; made when it is asked for
	out    []Change
}

// mend adds the changes of a file: sure repairs together, then suggestions one
// by one.
func (m *mending) mend(file string, repairs []*Repair) error {
	c, err := m.open(file, repairs)
	if err != nil {
		return err
	}
	if err := c.repair(repairs); err != nil {
		return err
	}
	var shown []Change
	if c.Alters, err = m.alters(c); err != nil {
		return err
	} else if c.Alters != "" {
		shown = append(shown, c)
		c.After, c.Alters, c.ModeChanges = c.Before, "", false
	}
	for _, r := range repairs {
		if !r.Suggestion {
			continue
		}
		next := c
		if next.After, err = r.Apply(c.After); err != nil {
			return err
		}
		if next.Alters, err = m.alters(next); err != nil {
			return err
		} else if next.Alters != "" {
			next.Before = c.After
			shown = append(shown, next)
			continue
		}
		c = next
	}
	if c.ModeChanges || !bytes.Equal(c.Before, c.After) {
		m.out = append(m.out, c)
	}
	m.out = append(m.out, shown...)
	return nil
}

// open is a file before it is mended, its text only where that is mended: a
// program may be large.
func (m *mending) open(file string, repairs []*Repair) (Change, error) {
	tree := m.files.Tree(m.dir)
	info, err := tree.Stat(file)
	if err != nil {
		return Change{}, err
	}
	c := Change{File: file, Mode: info.Mode().Perm()}
	if slices.ContainsFunc(repairs, func(r *Repair) bool { return r.Apply != nil }) {
		if c.Before, err = tree.ReadFile(file, maxMended); err != nil {
			return c, err
		}
	}
	c.After = c.Before
	return c, nil
}

// repair does the sure repairs.
func (c *Change) repair(repairs []*Repair) (err error) {
	for _, r := range repairs {
		if r.Suggestion {
			continue
		}
		if r.Apply != nil {
			if c.After, err = r.Apply(c.After); err != nil {
				return err
			}
		}
		if r.Executable && c.Mode&0o100 == 0 {
			c.Mode |= 0o111 & (c.Mode >> 2) // for those who may read it
			c.ModeChanges = true
		}
	}
	return nil
}

// alters is the first rendered file that a change gives another content. What
// did not render before has none to keep; what a change lets render, the next
// one has to keep.
func (m *mending) alters(c Change) (string, error) {
	if bytes.Equal(c.Before, c.After) {
		return "", nil
	}
	var err error
	if m.before == nil {
		if m.before, err = rendered(m.ctx, m.dir, m.files); err != nil {
			return "", err
		}
	}
	with := m.files
	if with.Overlay = maps.Clone(with.Overlay); with.Overlay == nil {
		with.Overlay = map[string][]byte{}
	}
	with.Overlay[c.File] = c.After
	after, err := rendered(m.ctx, m.dir, with)
	if err != nil {
		return "", err
	}
	for _, id := range slices.Sorted(maps.Keys(m.before)) {
		if content, ok := after[id]; !ok || content != m.before[id] {
			return id, nil
		}
	}
	m.before = after
	return "", nil
}

// rendered are all files of all simulated clusters of all apps, by a name.
func rendered(ctx context.Context, dir string, files app.Options) (map[string]string, error) {
	apps, err := app.Discover(ctx, dir, files)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, a := range apps {
		for _, r := range NewPackage(ctx, a).Renderings() {
			for _, o := range r.Outputs {
				if o.Err == nil {
					out[fmt.Sprintf("%s on node %s (%s)", o.Pair.Resource.Dest, o.Node.Name(), strings.TrimSpace(a.Name+" "+r.Scenario.Name))] = o.Content
				}
			}
		}
	}
	return out, ctx.Err()
}
