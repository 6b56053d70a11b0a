package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/app/vfs"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/report"
	"github.com/appimg/appimg/pkg/validate/rules"
)

const lintLong = `lint finds at your desk what would break at deployment: pairs, templates,
config.json, cluster.json.mustache, translations, scripts, images. It looks at
projects and at repositories without appimg.toml alike; templates are rendered
on simulated clusters of many sizes. Nothing is changed, and no network is used.

A finding is suppressed where it stands, with a reason:

  # appimg:ignore RULE reason        in templates, resources and scripts
  "//": "appimg:ignore RULE reason"  in JSON, for the object it is in
  [[lint.ignore]] of appimg.toml     with rule, path and reason

Without findings the text form prints nothing.

Exit code: 1 where a finding has the severity of --fail-on or a worse one.`

const lintExample = `  appimg lint                                  the project here
  appimg lint --fail-on warning app1 app2
  appimg lint --format github --format sarif=lint.sarif
  appimg lint --explain duplicate-dest
  appimg lint --fix --suggestions
  appimg lint --baseline lint-baseline.json --update-baseline`

type lintOptions struct {
	paths          []string
	failOn         string
	formats        []string
	only, skip     []string
	roles          []string
	explain        string
	listRules      bool
	baseline       string
	updateBaseline bool
	fix            bool
	suggestions    bool
	mended         map[string]bool // files that --fix wrote
}

func newLintCmd(d *deps) *cobra.Command {
	o := &lintOptions{mended: map[string]bool{}}
	cmd := &cobra.Command{
		Use:     "lint [PATH...]",
		Short:   "Find what would break at deployment",
		Long:    lintLong,
		Example: lintExample,
	}
	f := cmd.Flags()
	f.StringVar(&o.failOn, "fail-on", "", "the `SEVERITY` that makes the exit code 1: error, warning or info (default error, or fail-on of appimg.toml)")
	f.StringArrayVar(&o.formats, "format", []string{"text"}, "output `FORMAT[=FILE]`: "+strings.Join(report.Formats(), ", ")+" (repeatable)")
	f.StringSliceVar(&o.only, "only", nil, "run only these `RULES`")
	f.StringSliceVar(&o.skip, "skip", nil, "do not run these `RULES`")
	f.StringArrayVar(&o.roles, "role", nil, "leave out findings about other roles than `ROLE` (repeatable)")
	f.StringVar(&o.explain, "explain", "", "show why `RULE` is there, with examples")
	f.BoolVar(&o.listRules, "rules", false, "list the rules")
	f.StringVar(&o.baseline, "baseline", "", "let pass what is in `FILE`")
	f.BoolVar(&o.updateBaseline, "update-baseline", false, "write --baseline anew; an existing one only shrinks")
	f.BoolVar(&o.fix, "fix", false, "mend what has one right answer, if all rendered files stay as they are")
	f.BoolVar(&o.suggestions, "suggestions", false, "with --fix: take the name that a finding suggests (did you mean …?), on the same terms")
	cmd.MarkFlagsMutuallyExclusive("explain", "rules", "fix")
	completeWords(cmd, "fail-on", "error", "warning", "info")
	completeWords(cmd, "format", report.Formats()...)
	for _, flag := range []string{"only", "skip", "explain"} {
		completeWords(cmd, flag, ruleIDs()...)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if o.paths = args; len(args) == 0 {
			o.paths = []string{"."}
		} else if o.listRules || o.explain != "" {
			return usagef("--rules and --explain look at no app: leave out %q", args[0])
		}
		if err := o.check(); err != nil {
			return err
		}
		return runLint(cmd.Context(), d, o)
	}
	return cmd
}

func (o *lintOptions) check() error {
	known := ruleIDs()
	for _, id := range slices.Concat(o.only, o.skip, []string{o.explain}) {
		if id != "" && !slices.Contains(known, id) {
			return diag.DidYouMean(usagef("no rule is called %q", id), id, known, "--rules lists them")
		}
	}
	if err := o.checkFormats(); err != nil {
		return err
	}
	if _, err := validate.ParseFailOn(o.failOn); o.failOn != "" && err != nil {
		return usagef("--fail-on %v", err)
	}
	if o.suggestions && !o.fix {
		return usagef("--suggestions needs --fix")
	}
	if o.updateBaseline && o.baseline == "" {
		return usagef("--update-baseline needs --baseline FILE")
	}
	if o.updateBaseline && len(o.only)+len(o.skip)+len(o.roles) > 0 {
		return usagef("--update-baseline looks at everything: it does not go with --only, --skip, --role")
	}
	return nil
}

// checkFormats wants formats that exist, and at most one on stdout.
func (o *lintOptions) checkFormats() error {
	onStdout := ""
	for _, f := range o.formats {
		name, file, toFile := strings.Cut(f, "=")
		switch {
		case !slices.Contains(report.Formats(), name):
			return diag.DidYouMean(usagef("no format is called %q", name), name, report.Formats(), "there are "+strings.Join(report.Formats(), ", "))
		case toFile && file == "":
			return usagef("--format %s=FILE: FILE is missing", name)
		case !toFile && onStdout != "":
			return diag.WithHint(usagef("--format %s and --format %s both go to stdout", onStdout, name), "--format %s=FILE writes to a file", name)
		case !toFile:
			onStdout = name
		}
	}
	return nil
}

func runLint(ctx context.Context, d *deps, o *lintOptions) error {
	switch {
	case o.listRules:
		return listRules(d)
	case o.explain != "":
		text, err := rules.Explain(o.explain)
		fmt.Fprint(d.Out, text)
		return err
	}
	found, err := o.lintAndMend(ctx, d)
	if err != nil {
		return err
	}
	if err := o.report(d, found); err != nil {
		return err
	}
	return o.verdict(found)
}

// lintAndMend lints what the baseline does not let pass; with --fix it mends
// and looks again, until there is nothing left to mend.
func (o *lintOptions) lintAndMend(ctx context.Context, d *deps) (*linted, error) {
	for pass := 1; ; pass++ {
		found, err := o.lint(ctx)
		if err != nil {
			return nil, err
		}
		if err := o.applyBaseline(d, found); err != nil || !o.fix {
			return found, err
		}
		mended, held, err := o.mend(ctx, d, found)
		if err != nil {
			return nil, err
		}
		if !mended || pass == maxPasses {
			showHeld(d, held)
			return found, nil
		}
	}
}

// linted is what all PATHs together gave.
type linted struct {
	findings []*validate.Finding
	roots    []string // what the files of findings are relative to, in the order of PATHs
	roles    []string // of all apps
	apps     int
	failOn   validate.Severity
	lines    map[string][]string // of files, by path
}

// usualMemory is what lint needs at most for an app of any usual size: only above it
// is garbage collected as often as it takes to stay there.
const usualMemory = 100 << 20

func (o *lintOptions) lint(ctx context.Context) (*linted, error) {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 { // GOMEMLIMIT is another's choice
		debug.SetMemoryLimit(usualMemory)
	}
	all := &linted{failOn: validate.Error, lines: map[string][]string{}}
	for _, path := range o.paths {
		r, err := validate.Run(ctx, path, rules.All(), validate.Options{Only: o.only, Skip: o.skip, Roles: o.roles, Found: func(apps int) {
			if apps > 1 || len(o.paths) > 1 {
				debug.SetGCPercent(250) // one is in use at a time: so they need less memory together, and one alone less time
			}
		}})
		var broken *validate.RuleError
		switch {
		case errors.As(err, &broken):
			return nil, err
		case err != nil:
			return nil, usageError(err)
		case all.has(r.Root):
			continue // two PATHs in one project
		}
		all.roots = append(all.roots, r.Root)
		all.roles = append(all.roles, r.Roles...)
		for _, f := range r.Findings {
			f.Root = rootName(r.Root)
		}
		all.findings = append(all.findings, r.Findings...)
		all.apps += len(r.Apps)
		if r.FailOn != validate.Off {
			all.failOn = min(all.failOn, r.FailOn)
		}
	}
	for _, role := range o.roles {
		if len(all.roles) > 0 && !slices.Contains(all.roles, role) {
			return nil, diag.DidYouMean(usagef("no app has a role called %q", role), role, all.roles, rolesAre(all.roles))
		}
	}
	if o.failOn != "" {
		all.failOn, _ = validate.ParseFailOn(o.failOn) // checked before
	}
	return all, nil
}

// has reports whether a folder was linted before, also by another name.
func (l *linted) has(root string) bool {
	info, err := os.Stat(root)
	return err == nil && slices.ContainsFunc(l.roots, func(other string) bool {
		seen, err := os.Stat(other)
		return err == nil && os.SameFile(info, seen)
	})
}

// rootName is a folder as findings name it; "" for the folder here.
func rootName(path string) string {
	if clean := filepath.ToSlash(filepath.Clean(path)); clean != "." {
		return clean
	}
	return ""
}

// verdict is exit code 1 where a finding is bad enough.
func (o *lintOptions) verdict(found *linted) error {
	for _, f := range found.findings {
		if f.Severity >= found.failOn {
			return errDefectReported()
		}
	}
	return nil
}

// lineOf is the source line of a finding.
func (l *linted) lineOf() validate.LineOf {
	return func(f *validate.Finding) string {
		file := filepath.Join(filepath.FromSlash(f.Root), filepath.FromSlash(f.File))
		lines, known := l.lines[file]
		if !known {
			lines = readLines(file)
			l.lines[file] = lines
		}
		if f.Line < 1 || f.Line > len(lines) {
			return ""
		}
		return strings.TrimRight(lines[f.Line-1], "\r")
	}
}

// readLines are the lines of a file that is not too long to be shown.
func readLines(file string) []string {
	const longest = 8 << 20
	data, err := vfs.Disk(file).ReadFile(file, longest)
	if err != nil {
		return nil
	}
	return strings.Split(string(data), "\n")
}
