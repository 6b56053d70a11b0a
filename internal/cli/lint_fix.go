package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/google/renameio/v2"
	"github.com/rogpeppe/go-internal/diff"

	"github.com/appimg/appimg/pkg/scaffold"
	"github.com/appimg/appimg/pkg/validate"
)

// maxPasses bounds how often --fix looks again: what is mended lets other
// findings be seen.
const maxPasses = 10

// mend writes the repairs of what was found, and reports whether there were
// any. One that would give a node another file is held back.
func (o *lintOptions) mend(ctx context.Context, d *deps, found *linted) (mended bool, held []validate.Change, err error) {
	for _, root := range found.roots {
		changes, err := validate.Repairs(ctx, root, found.under(root), o.suggestions, validate.Options{})
		if err != nil {
			return mended, held, err
		}
		for _, c := range changes {
			if c.Alters != "" {
				held = append(held, c)
				continue
			}
			if err := writeRepair(root, c); err != nil {
				return mended, held, err
			}
			if mended = true; !o.mended[c.File] {
				d.note("%s: mended", c.File)
				o.mended[c.File] = true
			}
		}
	}
	return mended, held, nil
}

// showHeld shows what is not mended.
func showHeld(d *deps, held []validate.Change) {
	for _, c := range held {
		d.note("%s: not mended, since it changes %s; the difference would be", c.File, c.Alters)
		d.Err.Write(diff.Diff(c.File, c.Before, c.File, c.After)) // nothing to do about a closed stderr
	}
}

// under are the findings of one folder that was linted.
func (l *linted) under(root string) []*validate.Finding {
	var out []*validate.Finding
	for _, f := range l.findings {
		if f.Root == rootName(root) {
			out = append(out, f)
		}
	}
	return out
}

// writeRepair writes the file itself, or the one of the project that a link leads to.
func writeRepair(root string, c validate.Change) error {
	file, err := scaffold.Behind(root, c.File)
	if err != nil {
		return fmt.Errorf("mending %q: %w", c.File, err)
	}
	if c.ModeChanges {
		if err := os.Chmod(file, c.Mode); err != nil {
			return fmt.Errorf("mending %q: %w", c.File, err)
		}
	}
	if bytes.Equal(c.Before, c.After) {
		return nil
	}
	if err := renameio.WriteFile(file, c.After, c.Mode); err != nil {
		return fmt.Errorf("mending %q: %w", c.File, err)
	}
	return nil
}
