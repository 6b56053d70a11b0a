package rules

import (
	"bytes"
	"context"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// byteOrderMark finds files that begin with a BOM: the platform refuses such
// JSON, and a template copies it into its file.
func byteOrderMark() validate.Rule {
	return validate.NewRule("byte-order-mark", validate.Error, "A file begins with a byte order mark",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			const fix = "save the file as UTF-8 without BOM"
			eachFault(p, func(f jsondoc.Fault) {
				if f.Kind == jsondoc.BOM {
					r.At(f.Pos, "the file begins with a byte order mark (BOM): the platform refuses it").WithFix(fix).Repair = withoutBOM(f.Pos.File)
				}
			})
			for _, pair := range p.Pairs() {
				if pair.Source != nil && strings.HasPrefix(string(pair.Source.Text), "\ufeff") {
					r.At(diag.Pos{File: pair.Source.Files()[0], Line: 1, Col: 1}, "the template begins with a byte order mark (BOM), which is copied into %s", pair.Resource.Dest).
						As(validate.Warning).WithFix(fix).Repair = withoutBOM(pair.Source.Files()[0])
				}
			}
			for _, f := range p.Files() {
				if text, ok := p.Text(f.Path); ok && strings.HasPrefix(text, "\ufeff#!") && (inRootFS(p, f.Path) || provisions(p, f)) {
					r.At(diag.Pos{File: f.Path, Line: 1, Col: 1}, "the script begins with a byte order mark (BOM): its first line names no interpreter").
						As(validate.Warning).WithFix(fix).Repair = withoutBOM(f.Path)
				}
			}
			return nil
		})
}

func withoutBOM(file string) *validate.Repair {
	return &validate.Repair{File: file, Apply: func(data []byte) ([]byte, error) {
		return bytes.TrimPrefix(data, []byte("\ufeff")), nil
	}}
}
