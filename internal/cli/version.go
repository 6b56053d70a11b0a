package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// complete fills in what make build did not stamp, from what the Go toolchain noted.
func (b Build) complete() Build {
	info, ok := debug.ReadBuildInfo()
	if b.Version == "" {
		b.Version = "devel"
		if ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
			b.Version = info.Main.Version
		}
	}
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && b.Commit == "":
			b.Commit = s.Value
		case s.Key == "vcs.time" && b.Date == "":
			b.Date = s.Value
		}
	}
	return b
}

func newVersionCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of appimg",
		Args:  atMostArgs(0),
	}
	format := addFormatFlag(cmd, "text", "json")
	cmd.RunE = func(*cobra.Command, []string) error { return runVersion(d, format.json()) }
	return cmd
}

func runVersion(d *deps, asJSON bool) error {
	if asJSON {
		return d.printJSON(struct {
			Version string `json:"version"`
			Commit  string `json:"commit"`
			Date    string `json:"date"`
			Go      string `json:"go"`
			OS      string `json:"os"`
			Arch    string `json:"arch"`
		}{d.build.Version, d.build.Commit, d.build.Date, runtime.Version(), runtime.GOOS, runtime.GOARCH})
	}
	_, err := fmt.Fprintf(d.Out, "appimg %s %s %s %s %s/%s\n", d.build.Version,
		orDash(d.build.Commit), orDash(d.build.Date), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
