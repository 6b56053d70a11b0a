package cli

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/app"
)

// watchPeriod is how often files are looked at. Looking works on every file
// system and with every editor's way to save; a project is small.
const watchPeriod = 250 * time.Millisecond

// watchRender renders, and again after each save, until ctx ends.
func watchRender(ctx context.Context, d *deps, o *renderOptions) error {
	tick := time.NewTicker(watchPeriod)
	defer tick.Stop()
	for first := true; ; first = false {
		seen := o.snapshot(ctx)
		err := runRender(ctx, d, o)
		if first && err != nil && exitCode(err) != exitDefect {
			return err
		}
		o.force = true // what --out holds is of the first round
		if ctx.Err() == nil {
			d.report(err)
		}
		if first {
			d.note("watching for changes; Ctrl-C ends")
		} else {
			d.note("rendered again at %s", time.Now().Format(time.TimeOnly))
		}
		for same := true; same; same = seen == o.snapshot(ctx) {
			select {
			case <-ctx.Done():
				return context.Canceled
			case <-tick.C:
			}
		}
	}
}

// snapshot is a mark that changes when a file that the render reads is saved.
func (o *renderOptions) snapshot(ctx context.Context) string {
	var b strings.Builder
	for _, root := range o.watched(ctx) {
		_ = filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
			if err != nil {
				return nil // a file that is gone in this moment shows in the next round
			}
			if e.IsDir() && (e.Name() == ".git" || o.isOut(p)) {
				return fs.SkipDir
			}
			if info, err := e.Info(); err == nil && !e.IsDir() {
				b.WriteString(p + info.ModTime().String() + " " + info.Mode().String() + "\n")
			}
			return nil
		})
	}
	return b.String()
}

// isOut reports whether dir is what --out writes to: what render wrote is no change.
func (o *renderOptions) isOut(dir string) bool {
	if o.out == "" {
		return false
	}
	out, errOut := filepath.Abs(o.out)
	abs, err := filepath.Abs(dir)
	return errors.Join(errOut, err) == nil && abs == out
}

func (o *renderOptions) watched(ctx context.Context) []string {
	var roots []string
	for _, p := range []string{o.confDir, o.templates} {
		if p != "" {
			roots = append(roots, p)
		}
	}
	if o.metadata != "" && o.metadata != "-" {
		roots = append(roots, o.metadata)
	}
	if o.metadata == "" || o.confDir == "" {
		root := o.topology.dir
		if a, err := app.Open(ctx, o.topology.dir, app.Options{}); err == nil {
			root = a.Root
		}
		roots = append(roots, root)
	}
	return roots
}
