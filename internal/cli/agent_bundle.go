package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/diag"
)

func newAgentCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "agent",
		Short: "The agent that goes into images",
		Long: `The agent is confd with exec.sh: it writes a node's configuration from metadata and
runs the commands of the platform. "docker build" and "kvm install-agent" put it
into images by themselves.`,
		Example: "  appimg agent bundle --arch arm64",
	}
	cmd.AddCommand(newAgentBundleCmd(d))
	return cmd
}

type agentBundleOptions struct {
	arch   string
	output string
	force  bool
}

func newAgentBundleCmd(d *deps) *cobra.Command {
	o := &agentBundleOptions{}
	cmd := &cobra.Command{
		Use:   "bundle",
		Short: "Write the built-in agent as the archive that the platform publishes",
		Long: `bundle writes the built-in agent in the layout of the platform's own bundle: one
folder with install.sh, exec.sh, bin/confd, config and distros. Unpack it on a
machine and run install.sh as root; or let "appimg kvm install-agent" do it.
For Windows it is a zip: run install.bat of it as an administrator.`,
		Example: `  appimg agent bundle
  appimg agent bundle --arch arm64 --output - | ssh root@host tar xz
  appimg agent bundle --arch windows-386`,
		Args: atMostArgs(0),
	}
	f := cmd.Flags()
	f.StringVar(&o.arch, "arch", "amd64", "`ARCH` of the machine: amd64, arm64 or windows-386")
	f.StringVarP(&o.output, "output", "o", "", "the `FILE` to write; - is stdout (default app-agent-linux-ARCH.tar.gz, app-agent-windows-386.zip)")
	f.BoolVar(&o.force, "force", false, "replace FILE where there is one")
	completeWords(cmd, "arch", bundledArches()...)
	cmd.RunE = func(*cobra.Command, []string) error { return runAgentBundle(d, o) }
	return cmd
}

func bundledArches() []string { return append(agent.Arches(), agent.WindowsArch) }

func runAgentBundle(d *deps, o *agentBundleOptions) error {
	if !slices.Contains(bundledArches(), o.arch) {
		return usagef("--arch %q: there is an agent for %s", o.arch, strings.Join(bundledArches(), ", "))
	}
	b, err := agent.Builtin(o.arch)
	if err != nil {
		return err
	}
	if o.output == "-" {
		return b.WriteArchive(d.Out)
	}
	path := o.output
	if path == "" {
		path = b.ArchiveName()
	}
	if err := free(path, o.force); err != nil {
		return usageError(err)
	}
	if err := writeBundle(path, b); err != nil {
		return fmt.Errorf("writing %q: %w", path, diag.Reason(err))
	}
	_, err = fmt.Fprintln(d.Out, path)
	return err
}

func writeBundle(path string, b agent.Bundle) error { return replaceFile(path, 0o644, b.WriteArchive) }
