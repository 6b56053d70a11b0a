package daemon

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/confd/metad"
)

const (
	// grace is for runs between two steps to come to a good end.
	grace = 500 * time.Millisecond
	// lastWords is how long PID 1 waits for the processes of its container
	// after SIGTERM. Docker kills everything after 10 s.
	lastWords = 8 * time.Second
)

// errUnfinished is that something went wrong that has been said already.
var errUnfinished = errors.New("not everything could be applied")

// Process is what the daemon has of its process.
type Process struct {
	Args    []string // without the program's name
	Version string
	Stdout  io.Writer
	Stderr  *os.File // the log; reload commands write there as well
	Init    bool     // it is PID 1 of a container

	again <-chan struct{} // asks for what SIGHUP asks for, where there are no signals
}

// Run is confd from its arguments to its exit status: 0 or 1.
func Run(ctx context.Context, p Process) int {
	if code, ok := native(ctx, p); ok {
		return code
	}
	return run(ctx, p)
}

func run(ctx context.Context, p Process) int {
	log := slog.New(newHandler(p.Stderr, slog.LevelInfo, hostname(), os.Getpid()))
	inv, err := parseArgs(p.Args, p.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return fatal(log, err)
	case inv.version:
		_, _ = io.WriteString(p.Stdout, "confd "+p.Version+"\n")
		return 0
	}
	d, err := newDaemon(inv, p)
	if err != nil {
		return fatal(log, err)
	}
	return d.run(ctx)
}

func fatal(log *slog.Logger, err error) int {
	log.Log(context.Background(), levelFatal, withHints(err))
	return 1
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return name
}

// daemon is confd with its configuration read.
type daemon struct {
	config   *Config
	log      *slog.Logger
	watch    *watch
	children *children
	init     bool
	again    <-chan struct{}
}

func newDaemon(inv *invocation, p Process) (*daemon, error) {
	c, err := inv.config()
	if err != nil {
		return nil, err
	}
	level, err := parseLevel(c.LogLevel)
	if err != nil {
		return nil, err
	}
	client, err := metad.New(metad.Options{Nodes: c.Nodes})
	if err != nil {
		return nil, err
	}
	d := &daemon{config: c, children: newChildren(), init: p.Init, again: p.again}
	d.log = slog.New(newHandler(p.Stderr, level, hostname(), os.Getpid()))
	cmds := &commands{log: p.Stderr, children: d.children}
	check := &confd.Applier{
		ConfDir: c.ConfDir, Prefix: &c.Prefix, SyncOnly: c.SyncOnly, Noop: c.Noop, KeepStage: c.KeepStageFile,
		Log: slog.New(demoted{d.log.Handler()}), Machine: confd.LocalMachine(), Run: cmds.check,
	}
	reload := *check
	reload.Run = cmds.reload
	d.watch = newWatch(client, check, &reload, d.log)
	return d, nil
}

// run works until it is done, or told to end.
func (d *daemon) run(ctx context.Context) int {
	signals := make(chan os.Signal, 4)
	// A log that nobody reads any more must not end the daemon: SIGPIPE is
	// caught, not ignored, since commands would inherit that.
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
	defer signal.Stop(signals)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if d.init {
		go d.children.reap(context.WithoutCancel(ctx))
	}
	again, done := make(chan struct{}, 1), make(chan error, 1)
	go func() { done <- d.work(ctx, again) }()
	for {
		select {
		case err := <-done:
			if ctx.Err() == nil {
				return d.finish(err)
			}
			done <- err // it has heard of the end first
		case <-ctx.Done():
			return d.end(done)
		case <-d.again:
			poke(again)
		case s := <-signals:
			switch s {
			case syscall.SIGHUP:
				poke(again)
			case syscall.SIGTERM, syscall.SIGINT:
				d.log.Info("ending: " + s.String())
				stop()
			}
		}
	}
}

// work is what the configuration asks for.
func (d *daemon) work(ctx context.Context, again <-chan struct{}) error {
	d.log.Info("starting confd")
	switch {
	case d.config.Onetime:
		return d.watch.onetime(ctx)
	case d.config.Watch:
		d.watch.run(ctx, again)
	default:
		d.watch.interval(ctx, d.config.Interval, again)
	}
	return nil
}

// end gives the work a moment to stop. As PID 1 it is the container that
// ends: every process in it hears of that.
func (d *daemon) end(done <-chan error) int {
	deadline := time.Now().Add(lastWords)
	select {
	case <-done:
	case <-time.After(grace):
	}
	if d.init {
		endAll(context.Background(), time.Until(deadline))
	}
	if d.config.Onetime {
		return 1
	}
	return 0
}

func (d *daemon) finish(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUnfinished):
		return 1
	default:
		return fatal(d.log, err)
	}
}
