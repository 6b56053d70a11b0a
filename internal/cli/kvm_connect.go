package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

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
