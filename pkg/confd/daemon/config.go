package daemon

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/diag"
)

// Config is what the daemon was told, by its flags and by confd.toml.
type Config struct {
	Onetime       bool          // one run through all resources, then exit
	Watch         bool          // follow changes; without it and Onetime: a run every Interval
	Interval      time.Duration // between two runs; 600 s
	Noop          bool          // say what would change, change nothing
	SyncOnly      bool          // neither check_cmd nor reload_cmd
	KeepStageFile bool
	ConfDir       string   // holds conf.d and templates; /etc/confd
	Backend       string   // metad, or nothing
	Nodes         []string // HOST:PORT of metadata servers
	Prefix        string   // replaces the prefix of every resource, unless empty
	LogLevel      string   // debug, info, warning, error, fatal or panic; info
	Scheme        string   // accepted because the platform writes it; metad is spoken over http
}

// invocation is a command line: a Config and what is not configuration.
type invocation struct {
	Config
	configFile string
	version    bool
	interval   int // seconds
	set        map[string]bool
}

// nodeList collects a flag that may be repeated.
type nodeList []string

// String joins the nodes with blanks.
func (n *nodeList) String() string { return strings.Join(*n, " ") }

// Set adds a node.
func (n *nodeList) Set(s string) error {
	*n = append(*n, s)
	return nil
}

func defaults() invocation {
	return invocation{
		Config:   Config{ConfDir: defaultConfDir, Backend: "metad", LogLevel: "info", Scheme: "http"},
		interval: 600,
		set:      map[string]bool{},
	}
}

// flags are the names that QingCloud's confd has, as far as they make sense
// with a metadata server.
func (inv *invocation) flags(help io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet("confd", flag.ContinueOnError)
	fs.SetOutput(help)
	fs.BoolVar(&inv.Onetime, "onetime", inv.Onetime, "go through all resources once and exit")
	fs.BoolVar(&inv.Watch, "watch", inv.Watch, "follow the metadata as it changes")
	fs.IntVar(&inv.interval, "interval", inv.interval, "without -onetime and -watch: `seconds` between two runs")
	fs.BoolVar(&inv.Noop, "noop", inv.Noop, "only say what would change")
	fs.BoolVar(&inv.SyncOnly, "sync-only", inv.SyncOnly, "run neither check_cmd nor reload_cmd")
	fs.BoolVar(&inv.KeepStageFile, "keep-stage-file", inv.KeepStageFile, "leave staged files")
	fs.StringVar(&inv.ConfDir, "confdir", inv.ConfDir, "`folder` that holds conf.d and templates")
	fs.StringVar(&inv.configFile, "config-file", inv.configFile, "`file` with these settings (default "+defaultConfigFile+" where it exists)")
	fs.StringVar(&inv.Backend, "backend", inv.Backend, "metad: the only `backend` there is")
	fs.Var((*nodeList)(&inv.Nodes), "node", "`host:port` of a metadata server; may be repeated")
	fs.StringVar(&inv.Prefix, "prefix", inv.Prefix, "`path` that the keys of every resource start from")
	fs.StringVar(&inv.LogLevel, "log-level", inv.LogLevel, "`level`: debug, info, warning, error, fatal or panic")
	fs.StringVar(&inv.Scheme, "scheme", inv.Scheme, "accepted, without effect")
	fs.BoolVar(&inv.version, "version", inv.version, "print the version and exit")
	return fs
}

// parseArgs reads a command line. flag.ErrHelp is asking for help, which has
// gone to help then. Arguments that are no flags are ignored, as upstream does.
func parseArgs(args []string, help io.Writer) (*invocation, error) {
	inv := defaults()
	var text strings.Builder
	fs := inv.flags(&text)
	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		_, _ = io.WriteString(help, text.String())
		return nil, err
	}
	if err != nil {
		return nil, diag.WithHint(fmt.Errorf("reading the command line: %w", err), "confd -help lists the flags")
	}
	fs.Visit(func(f *flag.Flag) { inv.set[f.Name] = true })
	return &inv, nil
}

// config completes the command line with its configuration file, and checks
// what came of it.
func (inv *invocation) config() (*Config, error) {
	file, must := inv.configFile, inv.configFile != ""
	if !must {
		file = defaultConfigFile
	}
	data, err := os.ReadFile(file)
	switch {
	case err == nil:
		if err := inv.merge(file, data); err != nil {
			return nil, err
		}
	case must || !errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("reading the configuration %q: %w", file, diag.Reason(err))
	}
	if inv.interval < 1 && !inv.Watch && !inv.Onetime {
		return nil, fmt.Errorf("reading the interval %d: it is less than a second", inv.interval)
	}
	inv.Interval = time.Duration(inv.interval) * time.Second
	if inv.Backend != "" && inv.Backend != "metad" {
		return nil, diag.WithHint(fmt.Errorf("choosing the backend %q: metad is the only one there is", inv.Backend),
			"leave -backend and backend in confd.toml out, or set them to metad")
	}
	return &inv.Config, nil
}
