package cli

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/ssh"
)

// Environment variables with passwords, for want of a file.
const (
	envPassword     = "APPIMG_SSH_PASSWORD"
	envSudoPassword = "APPIMG_SUDO_PASSWORD"
)

// connectFlags say how to connect; every kvm command has them.
type connectFlags struct {
	configFile   string
	identities   []string
	acceptNew    bool
	passwordFile string
	sudoFile     string
	timeout      time.Duration
	logFile      string
}

func addConnectFlags(cmd *cobra.Command) *connectFlags {
	c := &connectFlags{}
	f := cmd.Flags()
	f.StringVarP(&c.configFile, "ssh-config", "F", "", "read this `FILE` instead of ~/.ssh/config; none reads none")
	f.StringArrayVarP(&c.identities, "identity", "i", nil, "offer this private key `FILE` first")
	f.BoolVar(&c.acceptNew, "accept-new-host-key", false, "record the key of a host that is not known (a changed one is refused all the same)")
	f.StringVar(&c.passwordFile, "password-file", "", "`FILE` with the password for the login and for sudo (or "+envPassword+")")
	f.StringVar(&c.sudoFile, "sudo-password-file", "", "`FILE` with the password for sudo, where it is another (or "+envSudoPassword+")")
	f.DurationVar(&c.timeout, "connect-timeout", 0, "`TIME` for one attempt to connect (default 15s, or ConnectTimeout of ~/.ssh/config)")
	f.StringVar(&c.logFile, "log", "", "write everything that is done to this `FILE`, secrets left out")
	return c
}

// connector is a dialer with what it needs to be closed.
type connector struct {
	dialer *ssh.Dialer
	log    io.Closer
	events *slog.Logger // nil without a log
}

// logEvent writes what was told of a machine into the log.
func (c *connector) logEvent(ev kvm.Event) {
	if c.events != nil {
		c.events.Info(cmp.Or(ev.Note, "a phase begins"), "host", ev.Host, "phase", string(ev.Phase))
	}
}

// logEnd writes how it ended on a machine, and what was to change there.
func (c *connector) logEnd(host string, changes []kvm.Action, err error) {
	if c.events == nil {
		return
	}
	for _, a := range changes {
		c.events.Info("a change", "host", host, "what", actionText(a))
	}
	if err != nil {
		c.events.Error("it failed", "host", host, "err", err, "hints", strings.Join(diag.Hints(err), "; "))
		return
	}
	c.events.Info("it is done", "host", host)
}

func (c *connector) close() error {
	if c.log == nil {
		return nil
	}
	return c.log.Close()
}

// connector prepares connections, which b shows. ask is how the person is asked,
// nil without one.
func (c *connectFlags) connector(ask func(context.Context, ssh.Prompt) (string, error), b *board) (*connector, error) {
	password, err := passwordFrom(c.passwordFile, envPassword)
	if err != nil {
		return nil, err
	}
	sudo, err := passwordFrom(c.sudoFile, envSudoPassword)
	if err != nil {
		return nil, err
	}
	out := &connector{}
	o := ssh.Options{
		ConfigFile: c.configFile, Identities: c.identities, AcceptNewHostKey: c.acceptNew, ConnectTimeout: c.timeout,
		Password: password, SudoPassword: sudo, Ask: ask, Progress: b.progress, Lost: b.lost,
	}
	if c.logFile != "" {
		f, err := os.OpenFile(c.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("opening the log: %w", err)
		}
		out.log = f
		out.events = slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}))
		o.Log = out.events
	}
	out.dialer, err = ssh.NewDialer(o)
	if err != nil {
		return nil, usageError(err)
	}
	return out, nil
}

// passwordFrom is the first line of file, or the environment variable's value;
// nil where there is neither.
func passwordFrom(file, env string) (*string, error) {
	if file == "" {
		if v, ok := os.LookupEnv(env); ok {
			return &v, nil
		}
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, usagef("reading the password: %w", err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		return nil, usagef("reading the password: the first line of %q is empty", file)
	}
	return &line, nil
}

// asker asks the person at the terminal; nil where there is nobody. pause takes
// what is drawn there away until its result is called.
func (d *deps) asker(pause func() (resume func())) func(context.Context, ssh.Prompt) (string, error) {
	in, ok := d.In.(*os.File)
	if !d.ask || !ok {
		return nil
	}
	return func(ctx context.Context, p ssh.Prompt) (string, error) {
		defer pause()()
		fmt.Fprintf(d.Err, "%s: ", strings.TrimRight(p.Text, ": "))
		type answer struct {
			text string
			err  error
		}
		answers := make(chan answer, 1)
		state, err := term.GetState(int(in.Fd()))
		if err != nil {
			return "", err
		}
		go func() {
			text, err := readAnswer(in, p.Echo)
			answers <- answer{text, err}
		}()
		select {
		case a := <-answers:
			if !p.Echo {
				fmt.Fprintln(d.Err)
			}
			return a.text, a.err
		case <-ctx.Done():
			fmt.Fprintln(d.Err)
			_ = term.Restore(int(in.Fd()), state) // the echo, for the shell after us
			return "", ctx.Err()
		}
	}
}

func readAnswer(in *os.File, echo bool) (string, error) {
	if !echo {
		b, err := term.ReadPassword(int(in.Fd()))
		return string(b), err
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

// fleetFlags say which machines.
type fleetFlags struct {
	hosts    string
	parallel int
}

func addFleetFlags(cmd *cobra.Command) *fleetFlags {
	f := &fleetFlags{}
	cmd.Flags().StringVar(&f.hosts, "hosts", "", "`FILE` with one host per line: [user@]host[:port] [user=NAME] [port=N] [sudo=no]")
	cmd.Flags().IntVar(&f.parallel, "parallel", 32, "how many hosts at a time: `N`")
	return f
}

// targets are the machines of the arguments and of --hosts, each once.
func (f *fleetFlags) targets(cmd *cobra.Command, args []string) ([]kvm.Target, error) {
	if f.parallel < 1 {
		return nil, usagef("--parallel %d: at least one", f.parallel)
	}
	var out []kvm.Target
	for _, a := range args {
		t, err := kvm.ParseTarget(a)
		if err != nil {
			return nil, usageError(err)
		}
		out = append(out, t)
	}
	if f.hosts != "" {
		data, err := os.ReadFile(f.hosts)
		if err != nil {
			return nil, usagef("reading the hosts: %w", err)
		}
		listed, err := kvm.ParseHosts(f.hosts, data)
		if err != nil {
			return nil, usageError(err)
		}
		out = append(out, listed...)
	}
	seen := map[kvm.Target]bool{}
	for _, t := range out {
		if seen[t] {
			return nil, usagef("host %q is named twice", t.String())
		}
		seen[t] = true
	}
	if len(out) == 0 {
		return nil, diag.WithHint(usagef("%s: HOST is missing", nameOf(cmd)), "usage: %s", cmd.UseLine())
	}
	return out, nil
}
