package cli

import (
	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/diag"
)

const rootLong = `appimg makes application images for QingCloud AppCenter, and finds at your desk
what would break at deployment.

Start in an empty folder:

  appimg init zk --preset zookeeper --type docker
  cd zk
  appimg render                  what every node of a simulated cluster would get
  appimg docker build --push     the image, with confd as its entrypoint

Exit codes: 0 ok; 1 a defect was found; 2 wrong usage, or the project cannot be
read; 3 could not finish (registry, engine, network, disk, a host); 130 interrupted.`

func newRootCmd(d *deps) *cobra.Command {
	root := &cobra.Command{
		Use:           "appimg",
		Short:         "Make and check application images for QingCloud AppCenter",
		Long:          rootLong,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Args:          noSuchCommand,
	}
	root.SetIn(d.In)
	root.SetOut(d.Out)
	root.SetErr(d.Err)
	root.SetFlagErrorFunc(flagError)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		return flagError(cmd, cmd.ValidateFlagGroups())
	}
	root.PersistentFlags().BoolVarP(&d.quiet, "quiet", "q", false, "no notes and no progress on stderr")
	root.AddCommand(
		newVersionCmd(d),
		newInitCmd(d),
		newAddCmd(d),
		newSetCmd(d),
		newRenderCmd(d),
		newLintCmd(d),
		newPackageCmd(d),
		newDoctorCmd(d),
		newMetadataCmd(d),
		newDockerCmd(d),
		newAgentCmd(d),
		newKVMCmd(d),
	)
	for _, c := range root.Commands() {
		groupDefaults(c)
	}
	noFiles(root)
	return root
}

// groupDefaults makes a command that only groups others refuse an unknown one
// and show its help, as the root does.
func groupDefaults(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		groupDefaults(c)
	}
	if cmd.HasSubCommands() && !cmd.Runnable() {
		cmd.Args = noSuchCommand
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
}

func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	err := usagef("unknown command %q for %q", args[0], cmd.CommandPath())
	return diag.DidYouMean(err, args[0], names, cmd.CommandPath()+" --help lists the commands")
}
