// Command bench runs appimg and its peers side by side on this machine and
// prints medians and ratios:
//
//	go run ./hack/bench [-n 5] [-only images,render,latency,start,lint,persistence,kvm]
//
// A peer that is not here is named and left out.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// bench is one run: where it works, how often it repeats, what it found.
type bench struct {
	ctx  context.Context
	n    int    // repetitions of each measurement
	root string // the checkout
	work string // a folder of this run's own
}

func main() {
	n := flag.Int("n", 5, "repetitions; the median counts")
	only := flag.String("only", "start,render,latency,images,lint,persistence,kvm", "which parts to run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *n, strings.Split(*only, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, n int, only []string) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "appimg-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	b := &bench{ctx, n, root, work}
	parts := []struct {
		name string
		run  func() error
	}{{"start", b.start}, {"render", b.render}, {"latency", b.latency}, {"images", b.images}, {"lint", b.lint}, {"persistence", b.persistence}, {"kvm", b.kvm}}
	for _, p := range parts {
		if !slices.Contains(only, p.name) {
			continue
		}
		if err := p.run(); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// bin is the path of a program that make build made.
func (b *bench) bin(name string) string { return filepath.Join(b.root, "bin", name) }

// median runs f n times and returns the median of the durations.
func (b *bench) median(f func(i int) (time.Duration, error)) (time.Duration, error) {
	var all []time.Duration
	for i := range b.n {
		d, err := f(i)
		if err != nil {
			return 0, err
		}
		all = append(all, d)
	}
	slices.Sort(all)
	return all[len(all)/2], nil
}

// timed is the wall time of f.
func timed(f func() error) (time.Duration, error) {
	start := time.Now()
	err := f()
	return time.Since(start), err
}

// sh runs a command line; what it prints is shown only when it goes wrong.
func (b *bench) sh(env []string, name string, args ...string) error {
	cmd := exec.CommandContext(b.ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

func title(s string) { fmt.Printf("\n%s\n%s\n", s, strings.Repeat("-", len(s))) }

// row prints a measurement, and how often it goes into that of appimg.
func row(name string, d, appimg time.Duration) {
	ratio := ""
	if appimg > 0 && d != appimg {
		ratio = fmt.Sprintf("%6.1f× appimg's time", float64(d)/float64(appimg))
	}
	fmt.Printf("  %-44s %9.1f ms  %s\n", name, float64(d.Microseconds())/1000, ratio)
}
