package cli

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/docker"
)

type doctorOptions struct {
	registry string
	timeout  time.Duration
}

// checkup is what doctor found of one component.
type checkup struct {
	Name     string   `json:"name"`
	OK       bool     `json:"ok"`
	Detail   string   `json:"detail"`
	NeededBy []string `json:"needed_by"`
	Hint     string   `json:"hint,omitempty"`
}

func newDoctorCmd(d *deps) *cobra.Command {
	o := &doctorOptions{}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Show what this machine has, and which commands need it",
		Long: `doctor looks for the Docker engine, the registry login, ssh and the network, and
says which commands need each. Nothing is changed. init, render, lint and
metadata need none of them.`,
		Args: atMostArgs(0),
	}
	format := addFormatFlag(cmd, "text", "json")
	cmd.Flags().StringVar(&o.registry, "registry", docker.PlatformRegistry, "the `HOST` that images are pushed to")
	cmd.Flags().DurationVar(&o.timeout, "timeout", 3*time.Second, "`TIME` to wait for each answer")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return runDoctor(cmd.Context(), d, o, format.json())
	}
	return cmd
}

func runDoctor(ctx context.Context, d *deps, o *doctorOptions, asJSON bool) error {
	if _, err := name.NewRegistry(o.registry); err != nil {
		return diag.WithHint(usagef("--registry %q: it is no HOST[:PORT]", o.registry), "for example %s", docker.PlatformRegistry)
	}
	checks := []func(context.Context, *doctorOptions) checkup{
		checkAgent, checkEngine, checkRegistryLogin, checkNetwork, checkSSHKeys, checkKnownHosts,
	}
	found := make([]checkup, len(checks))
	within, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	var wg sync.WaitGroup
	for i, check := range checks {
		wg.Go(func() { found[i] = check(within, o).settled() })
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	if asJSON {
		return d.printJSON(found)
	}
	for _, c := range found {
		d.printCheckup(c)
	}
	return nil
}

// settled is the checkup without the advice that nobody needs.
func (c checkup) settled() checkup {
	if c.OK {
		c.Hint = ""
	}
	return c
}

func (d *deps) printCheckup(c checkup) {
	mark := d.outStyle.green("ok     ")
	if !c.OK {
		mark = d.outStyle.yellow("missing")
	}
	fmt.Fprintf(d.Out, "%s  %-15s %s\n", mark, c.Name, c.Detail)
	if !c.OK {
		fmt.Fprintf(d.Out, "%25s needed by: %s\n", "", strings.Join(c.NeededBy, ", "))
		fmt.Fprintf(d.Out, "%25s hint: %s\n", "", c.Hint)
	}
}

func checkAgent(context.Context, *doctorOptions) checkup {
	c := checkup{
		Name:     "agent",
		NeededBy: []string{"docker build", "agent bundle", "kvm install-agent"},
		Hint:     "make build embeds the agent; go build alone does not",
	}
	var ids []string
	for _, arch := range []string{"amd64", "arm64"} {
		b, err := agent.Builtin(arch)
		if err != nil {
			c.Detail = err.Error()
			return c
		}
		ids = append(ids, "linux/"+arch+" "+b.ID())
	}
	c.OK, c.Detail = true, strings.Join(ids, ", ")
	return c
}

func checkEngine(ctx context.Context, _ *doctorOptions) checkup {
	c := checkup{
		Name:     "docker engine",
		NeededBy: []string{"docker build of a project with a Dockerfile", "docker build --load", "--base engine:NAME"},
		Hint:     "start the Docker daemon, or set DOCKER_HOST; images without a Dockerfile are built without it",
	}
	version, err := docker.EngineVersion(ctx)
	if err != nil {
		c.Detail = err.Error()
		return c
	}
	c.OK, c.Detail = true, version
	return c
}

func checkRegistryLogin(_ context.Context, o *doctorOptions) checkup {
	c := checkup{
		Name:     "registry login",
		NeededBy: []string{"docker build --push", "docker push"},
		Hint:     "docker login " + o.registry,
	}
	reg, err := name.NewRegistry(o.registry)
	if err != nil {
		c.Detail = err.Error()
		return c
	}
	auth, err := authn.DefaultKeychain.Resolve(reg)
	if err != nil {
		c.Detail = err.Error()
		return c
	}
	if auth == authn.Anonymous {
		c.Detail = "no credentials for " + o.registry
		return c
	}
	c.OK, c.Detail = true, "credentials for "+o.registry
	return c
}

func checkNetwork(ctx context.Context, o *doctorOptions) checkup {
	c := checkup{
		Name:     "network",
		NeededBy: []string{"docker build with a base in a registry", "docker build --push", "docker push"},
		Hint:     "check the network and HTTPS_PROXY; init, render and a build from scratch work offline",
	}
	reg, err := name.NewRegistry(o.registry)
	if err != nil {
		c.Detail = err.Error()
		return c
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, reg.Scheme()+"://"+o.registry+"/v2/", nil)
	if err != nil {
		c.Detail = err.Error()
		return c
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.Detail = fmt.Sprintf("reaching %q: %v", o.registry, diag.Reason(err))
		return c
	}
	resp.Body.Close()
	c.OK, c.Detail = true, o.registry+" answers"
	return c
}

func checkSSHKeys(ctx context.Context, _ *doctorOptions) checkup {
	c := checkup{
		Name:     "ssh keys",
		NeededBy: []string{"kvm commands (a password works as well)"},
		Hint:     "ssh-keygen makes a key; ssh-add hands it to the agent",
	}
	var have []string
	if sock := os.Getenv("SSH_AUTH_SOCK"); sock != "" {
		if conn, err := new(net.Dialer).DialContext(ctx, "unix", sock); err == nil {
			conn.Close()
			have = append(have, "an agent at "+sock)
		}
	}
	if keys, _ := filepath.Glob(filepath.Join(sshDir(), "id_*.pub")); len(keys) > 0 {
		have = append(have, fmt.Sprintf("%d keys in %s", len(keys), sshDir()))
	}
	c.OK, c.Detail = len(have) > 0, strings.Join(have, ", ")
	if !c.OK {
		c.Detail = "no agent, and no keys in " + sshDir()
	}
	return c
}

func checkKnownHosts(context.Context, *doctorOptions) checkup {
	file := filepath.Join(sshDir(), "known_hosts")
	c := checkup{
		Name:     "ssh known hosts",
		NeededBy: []string{"kvm commands (a host that is not known is refused)"},
		Hint:     "ssh to the host once, and compare the fingerprint",
	}
	if _, err := os.Stat(file); err != nil {
		c.Detail = fmt.Sprintf("%s: %v", file, diag.Reason(err))
		return c
	}
	c.OK, c.Detail = true, file
	return c
}

func sshDir() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ".ssh"
	}
	return filepath.Join(home, ".ssh")
}
