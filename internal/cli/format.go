package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// formatFlag is --format: one of a few words.
type formatFlag struct {
	value   string
	allowed []string
}

// addFormatFlag adds --format to cmd; the first of allowed is the default.
func addFormatFlag(cmd *cobra.Command, allowed ...string) *formatFlag {
	f := &formatFlag{allowed[0], allowed}
	cmd.Flags().Var(f, "format", "output `FORMAT`: "+strings.Join(allowed, ", "))
	completeWords(cmd, "format", allowed...)
	return f
}

func (f *formatFlag) String() string { return f.value }
func (f *formatFlag) Type() string   { return "string" }

func (f *formatFlag) Set(s string) error {
	if !slices.Contains(f.allowed, s) {
		return fmt.Errorf("it is none of %s", strings.Join(f.allowed, ", "))
	}
	f.value = s
	return nil
}

// json reports whether JSON is asked for.
func (f *formatFlag) json() bool { return f.value == "json" }

// printJSON writes v on stdout, indented, without escaping <, > and &.
func (d *deps) printJSON(v any) error {
	enc := json.NewEncoder(d.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
