package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/report"
	"github.com/appimg/appimg/pkg/validate/rules"
)

// allRules are the rules with those that a run itself finds.
func allRules() []validate.Rule { return slices.Concat(rules.All(), validate.OwnRules()) }

func ruleIDs() []string {
	var ids []string
	for _, r := range allRules() {
		ids = append(ids, r.ID())
	}
	return ids
}

func listRules(d *deps) error {
	for _, r := range allRules() {
		level := r.Severity().String()
		fmt.Fprintf(d.Out, "%-28s %s  %s\n", r.ID(), d.outStyle.severity(level, fmt.Sprintf("%-7s", level)), r.Title())
	}
	return nil
}

// severity paints what findings are made of.
func (s style) severity(kind, text string) string {
	switch kind {
	case "error":
		return s.red(text)
	case "warning":
		return s.yellow(text)
	case "info":
		return s.cyan(text)
	case "bold":
		return s.bold(text)
	default:
		return s.dim(text)
	}
}

// report writes every form that is asked for: to stdout, or to its file.
func (o *lintOptions) report(d *deps, found *linted) error {
	for _, format := range o.formats {
		name, file, toFile := strings.Cut(format, "=")
		r := report.Report{
			Findings: found.findings, Rules: allRules(), Apps: found.apps, Version: d.build.Version,
			Line: found.lineOf(),
		}
		if !toFile {
			r.Paint = d.outStyle.severity
			if err := report.Write(d.Out, name, r); err != nil {
				return err
			}
			continue
		}
		var out bytes.Buffer
		if err := report.Write(&out, name, r); err != nil {
			return err
		}
		if err := replaceFile(file, 0o644, bytesTo(out.Bytes())); err != nil {
			return fmt.Errorf("writing report %q: %w", file, diag.Reason(err))
		}
	}
	return nil
}

// applyBaseline leaves out what the baseline lets pass, and writes it anew if asked.
func (o *lintOptions) applyBaseline(d *deps, found *linted) error {
	if o.baseline == "" {
		return nil
	}
	line := found.lineOf()
	data, err := readBaseline(o.baseline)
	switch {
	case errors.Is(err, fs.ErrNotExist) && o.updateBaseline:
		base := validate.NewBaseline(found.findings, line)
		d.note("baseline %s: %s", o.baseline, countOf(base.Size(), "finding"))
		found.findings = nil
		return writeBaseline(o.baseline, base)
	case errors.Is(err, errLargeBaseline):
		return usagef("reading baseline %q: %w", o.baseline, err)
	case err != nil:
		return diag.WithHint(usagef("reading baseline %q: %w", o.baseline, diag.Reason(err)), "--update-baseline writes a first one")
	}
	base, err := validate.ParseBaseline(o.baseline, data)
	if err != nil {
		return usageError(err)
	}
	left, rest := base.Filter(found.findings, line)
	rest.Keep(base, func(root string) bool {
		return !slices.ContainsFunc(found.roots, func(linted string) bool { return rootName(linted) == root })
	})
	found.findings = left
	if !o.updateBaseline {
		return nil
	}
	d.note("baseline %s: %s, %d before", o.baseline, countOf(rest.Size(), "finding"), base.Size())
	return writeBaseline(o.baseline, rest)
}

// maxBaseline bounds a baseline, in bytes: some hundred thousand findings.
const maxBaseline = 64 << 20

var errLargeBaseline = fmt.Errorf("it has more than %d MiB", maxBaseline>>20)

func readBaseline(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxBaseline+1))
	if err == nil && len(data) > maxBaseline {
		return nil, errLargeBaseline
	}
	return data, err
}

func writeBaseline(file string, b *validate.Baseline) error {
	data, err := b.Encode()
	if err != nil {
		return err
	}
	if err := replaceFile(file, 0o644, bytesTo(data)); err != nil {
		return fmt.Errorf("writing baseline %q: %w", file, diag.Reason(err))
	}
	return nil
}
