package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/scaffold"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/report"
)

const packageLong = `package lints the app, and packs what the platform takes at an upload:
config.json, cluster.json.mustache, locale/*.json, and replace_policy.json where
there is one. They lie at the top of the archive, no folder around them.

The ending of FILE says the form: .tar.gz, .zip, .tar or .tar.bz2. The same
files give the same bytes on any machine. Nothing is written where lint finds an
error. The path of the archive is all that goes to stdout; findings go to stderr.

Exit code: 1 where lint finds an error.`

const packageExample = `  appimg package
  appimg package -o upload.zip --force
  appimg package --format json`

type packageOptions struct {
	dir    string
	output string
	force  bool
	asJSON bool
}

// packed is what package prints as JSON.
type packed struct {
	Path   string   `json:"path"`
	SHA256 string   `json:"sha256"`
	Size   int      `json:"size"` // in bytes
	Files  []string `json:"files"`
}

func newPackageCmd(d *deps) *cobra.Command {
	o := &packageOptions{}
	cmd := &cobra.Command{
		Use:     "package",
		Short:   "Lint, then write the archive for the upload",
		Long:    packageLong,
		Example: packageExample,
		Args:    atMostArgs(0),
	}
	format := addFormatFlag(cmd, "text", "json")
	f := cmd.Flags()
	addDirFlag(cmd, &o.dir)
	f.StringVarP(&o.output, "output", "o", "", "the `FILE` to write (default NAME-VERSION.tar.gz in the current folder)")
	f.BoolVar(&o.force, "force", false, "replace FILE where there is one")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		o.asJSON = format.json()
		return runPackage(cmd.Context(), d, o)
	}
	return cmd
}

func runPackage(ctx context.Context, d *deps, o *packageOptions) error {
	a, err := (&topologyFlags{dir: o.dir}).openApp(ctx, d)
	if err != nil {
		return err
	}
	if o.output == "" {
		if o.output, err = scaffold.UploadName(a); err != nil {
			return usageError(err)
		}
	}
	form, err := o.form()
	if err != nil {
		return usageError(err)
	}
	if err := o.lintErrors(ctx, d); err != nil {
		return err
	}
	files, err := scaffold.UploadFiles(a)
	if err != nil {
		return usageError(err)
	}
	var archive bytes.Buffer
	if err := form.Write(&archive, files); err != nil {
		return err
	}
	if err := o.write(archive.Bytes()); err != nil {
		return err
	}
	return o.print(d, archive.Bytes(), files)
}

// form is what FILE's ending asks for. A FILE that may not be written is
// refused before anything else is done.
func (o *packageOptions) form() (scaffold.Archive, error) {
	form, err := scaffold.ArchiveOf(o.output)
	if err != nil {
		return "", err
	}
	return form, o.free()
}

// free tells why FILE cannot be written.
func (o *packageOptions) free() error {
	err := free(o.output, o.force)
	if info, serr := os.Stat(o.output); serr == nil && info.IsDir() {
		return diag.WithHint(err, "name the file itself: %s", filepath.Join(o.output, "app.tar.gz"))
	}
	return err
}

// lintErrors shows the findings that are errors.
func (o *packageOptions) lintErrors(ctx context.Context, d *deps) error {
	lint := &lintOptions{paths: []string{o.dir}, failOn: validate.Error.String()}
	found, err := lint.lint(ctx)
	if err != nil {
		return err
	}
	var bad []*validate.Finding
	for _, f := range found.findings {
		if f.Severity == validate.Error {
			bad = append(bad, f)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	r := report.Report{Findings: bad, Line: found.lineOf(), Paint: d.errStyle.severity}
	if err := report.Write(d.Err, "text", r); err != nil {
		return err
	}
	d.note("%s is not written: %s", o.output, countOf(len(bad), "error"))
	return errDefectReported()
}

// countOf is n with its noun.
func countOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// write writes FILE wholly or not at all.
func (o *packageOptions) write(archive []byte) error {
	if err := o.free(); err != nil { // it may have come meanwhile
		return usageError(err)
	}
	if err := replaceFile(o.output, 0o644, bytesTo(archive)); err != nil {
		return fmt.Errorf("writing %q: %w", o.output, err)
	}
	return nil
}

func (o *packageOptions) print(d *deps, archive []byte, files []scaffold.File) error {
	if !o.asJSON {
		_, err := fmt.Fprintln(d.Out, o.output)
		return err
	}
	p := packed{Path: o.output, SHA256: fmt.Sprintf("%x", sha256.Sum256(archive)), Size: len(archive)}
	for _, f := range files {
		p.Files = append(p.Files, f.Path)
	}
	return d.printJSON(p)
}
