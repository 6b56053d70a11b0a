package sshconfig

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/appimg/appimg/pkg/diag"
)

// Options say whose configuration is read. Nothing is taken from the process
// but what is left empty here.
type Options struct {
	Home     string // the local user's home folder
	User     string // the local user's name
	Hostname string // this machine's name, for %l and %L; "" asks the system
	// File replaces ~/.ssh/config and the system's file, like ssh -F; "none" reads none.
	File string
	// SystemFile is the file read after the user's; "" is /etc/ssh/ssh_config.
	SystemFile string
	Getenv     func(string) string                            // nil is os.Getenv
	Exec       func(ctx context.Context, command string) bool // runs "Match exec"; nil is the user's shell
}

// Config is the client configuration of one user. It is safe for concurrent use.
type Config struct {
	o     Options
	mu    sync.Mutex
	files map[string][]line
}

// Load prepares the configuration; files are read as hosts ask for them, each once.
func Load(o Options) (*Config, error) {
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Exec == nil {
		o.Exec = shellExec(o.Getenv("SHELL"))
	}
	if o.Hostname == "" {
		o.Hostname, _ = os.Hostname() // only for tokens: without a name they are empty
	}
	c := &Config{o: o, files: map[string][]line{}}
	if o.File != "" && o.File != "none" {
		if _, err := c.lines(o.File); err != nil {
			return nil, fmt.Errorf("reading the SSH configuration: %w", err)
		}
	}
	return c, nil
}

func shellExec(shell string) func(context.Context, string) bool {
	if shell == "" {
		shell = "/bin/sh"
	}
	return func(ctx context.Context, command string) bool {
		return exec.CommandContext(ctx, shell, "-c", command).Run() == nil
	}
}

// lines is the parsed file.
func (c *Config) lines(file string) ([]line, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if lines, ok := c.files[file]; ok {
		return lines, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	lines := parse(file, string(data))
	c.files[file] = lines
	return lines, nil
}

// source is a file to walk, with the folder that its relative includes start from.
type source struct{ file, base string }

func (c *Config) sources() []source {
	user, system := filepath.Join(c.o.Home, ".ssh"), "/etc/ssh"
	switch c.o.File {
	case "none":
		return nil
	case "":
		sys := c.o.SystemFile
		if sys == "" {
			sys = filepath.Join(system, "ssh_config")
		}
		return []source{{filepath.Join(user, "config"), user}, {sys, filepath.Dir(sys)}}
	}
	return []source{{c.o.File, user}}
}

// Query is a host as the command line names it.
type Query struct {
	Host string // the alias
	User string // "" leaves it to the configuration
	Port int    // 0 leaves it to the configuration
	// ProxyJump replaces the configuration's, as for the hops of a chain.
	ProxyJump string
}

// For is what the configuration says about a host. An error has the file and
// the line at fault.
func (c *Config) For(ctx context.Context, q Query) (*Settings, error) {
	w := newWalker(c, q)
	if err := w.walkAll(ctx); err != nil {
		return nil, err
	}
	if w.hasFinal {
		w.final = true
		w.values["hostname"] = []string{w.host()}
		if err := w.walkAll(ctx); err != nil {
			return nil, err
		}
	}
	return w.settings()
}

const maxDepth = 16 // of Include, as OpenSSH

// walker collects the values for one host: the first value of a keyword stays.
type walker struct {
	c        *Config
	query    Query
	values   map[string][]string
	pos      map[string]diag.Pos
	active   bool // the block that the walk is in counts
	never    bool // in a file that a block that does not count includes
	final    bool // second pass
	hasFinal bool // a second pass is asked for
}

func newWalker(c *Config, q Query) *walker {
	w := &walker{c: c, query: q, values: map[string][]string{}, pos: map[string]diag.Pos{}}
	if q.User != "" {
		w.values["user"] = []string{q.User}
	}
	if q.Port != 0 {
		w.values["port"] = []string{fmt.Sprint(q.Port)}
	}
	if q.ProxyJump != "" {
		w.values["proxyjump"] = []string{q.ProxyJump}
	}
	return w
}

func (w *walker) walkAll(ctx context.Context) error {
	for _, src := range w.c.sources() {
		w.active = true
		if err := w.walk(ctx, src, 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("reading the SSH configuration: %w", err)
		}
	}
	return ctx.Err()
}

func (w *walker) walk(ctx context.Context, src source, depth int) error {
	lines, err := w.c.lines(src.file)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if err := w.directive(ctx, src, l, depth); err != nil {
			var placed *diag.Error
			if errors.As(err, &placed) {
				return err
			}
			return diag.Errorf(l.pos, "%s: %w", l.keyword, err)
		}
	}
	return nil
}

func (w *walker) directive(ctx context.Context, src source, l line, depth int) error {
	if l.keyword == "proxycommand" { // the rest of the line as it is, for a shell
		return w.set(l, []string{l.rest})
	}
	args, err := words(l.rest)
	if err != nil {
		return err
	}
	switch l.keyword {
	case "host":
		w.active = !w.never && hostLine(args, w.query.Host)
	case "match":
		ok, err := w.criteria(ctx, args)
		w.active = !w.never && ok
		return err
	case "include":
		return w.include(ctx, src, args, depth)
	default:
		return w.set(l, args)
	}
	return nil
}

// include walks the files named; a block in them ends with them.
func (w *walker) include(ctx context.Context, src source, patterns []string, depth int) error {
	if depth >= maxDepth {
		return fmt.Errorf("more than %d files include each other", maxDepth)
	}
	active, never := w.active, w.never
	defer func() { w.active, w.never = active, never }()
	w.never = never || !active
	for _, p := range patterns {
		if p = expandHome(p, w.c.o.Home); !filepath.IsAbs(p) {
			p = filepath.Join(src.base, p)
		}
		files, err := filepath.Glob(p)
		if err != nil {
			return err
		}
		for _, f := range files {
			w.active = active
			if err := w.walk(ctx, source{f, src.base}, depth+1); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// set keeps the first values of a keyword, and all of the keywords that add up.
func (w *walker) set(l line, args []string) error {
	if len(args) == 0 || args[0] == "" && l.keyword != "user" {
		return errors.New("its argument is missing")
	}
	if !w.active {
		return nil
	}
	key := currentName(l.keyword)
	if accumulates(key) {
		if !slices.Contains(w.values[key], args[0]) {
			w.values[key] = append(w.values[key], args[0])
		}
		return nil
	}
	if _, ok := w.values[key]; ok || w.proxyDecided(key) {
		return nil
	}
	w.values[key], w.pos[key] = args, l.pos
	return nil
}

// proxyDecided: of ProxyJump and ProxyCommand the first one counts.
func (w *walker) proxyDecided(key string) bool {
	return (key == "proxyjump" && w.first("proxycommand") != "") || (key == "proxycommand" && w.first("proxyjump") != "")
}

// currentName is the name of today for a keyword.
func currentName(key string) string {
	switch key {
	case "challengeresponseauthentication", "skeyauthentication", "tisauthentication":
		return "kbdinteractiveauthentication"
	case "pubkeyacceptedkeytypes":
		return "pubkeyacceptedalgorithms"
	case "dsaauthentication":
		return "pubkeyauthentication"
	}
	return key
}

func accumulates(key string) bool { return key == "identityfile" || key == "certificatefile" }

func (w *walker) first(key string) string {
	if v := w.values[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func (w *walker) user() string {
	if u := w.first("user"); u != "" {
		return u
	}
	return w.c.o.User
}

// host is the name to connect to as far as it is known.
func (w *walker) host() string {
	name := w.first("hostname")
	if name == "" {
		return w.query.Host
	}
	return strings.NewReplacer("%%", "%", "%h", w.query.Host).Replace(name)
}
