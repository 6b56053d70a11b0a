package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/appimg/appimg/pkg/diag"
)

// nameOf is what a person calls a command: its path without the program's name.
func nameOf(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// exactArgs wants just the named arguments, and says which one is missing.
func exactArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return diag.WithHint(usagef("%s: %s is missing", nameOf(cmd), names[len(args)]), "usage: %s", cmd.UseLine())
		}
		return atMostArgs(len(names))(cmd, args)
	}
}

// atMostArgs refuses more than n arguments.
func atMostArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return diag.WithHint(usagef("%s: unexpected argument %q", nameOf(cmd), args[n]), "usage: %s", cmd.UseLine())
		}
		return nil
	}
}

// flagError is err, about a flag, in the grammar of appimg's errors.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	otherwise := cmd.CommandPath() + " --help lists the flags"
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		return diag.DidYouMean(usageError(err), "--"+unknown.GetSpecifiedName(), flagNames(cmd), otherwise)
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		err = usagef("--%s %q: %s", f.Name, invalid.GetValue(), whyInvalid(f, invalid.Unwrap()))
	}
	return diag.WithHint(usageError(err), "%s", otherwise)
}

func flagNames(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	})
	return names
}

// whyInvalid is what a value is not: the reasons of strconv and time are about Go.
func whyInvalid(f *pflag.Flag, why error) string {
	switch f.Value.Type() {
	case "int":
		return "it is no whole number"
	case "bool":
		return "it is neither true nor false"
	case "duration":
		return "it is no duration, such as 3s or 1m30s"
	}
	return why.Error()
}
