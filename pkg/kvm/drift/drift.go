package drift

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/fetch"
	"github.com/appimg/appimg/pkg/kvm/payload"
	"github.com/appimg/appimg/pkg/render"
	"github.com/appimg/appimg/pkg/textdiff"
)

// File is what a pair becomes, beside what the machine has.
type File struct {
	Resource string `json:"resource"` // the toml's path on the machine
	Dest     string `json:"dest"`
	Content  string `json:"content"`
	Missing  bool   `json:"missing,omitempty"` // the machine does not have it
	Diff     string `json:"diff,omitempty"`    // from the machine's to Content; "" where they are the same
	Error    string `json:"error,omitempty"`   // why there is no Content
}

// Report is every pair of a machine but the agent's own, in path order.
type Report struct {
	Files []File `json:"files"`
}

// Defective reports whether a pair does not render, or a file differs.
func (r *Report) Defective() bool {
	return slices.ContainsFunc(r.Files, func(f File) bool { return f.Error != "" || f.Diff != "" || f.Missing })
}

// Of renders the machine's pairs with m and compares. Nothing is written there.
func Of(ctx context.Context, h kvm.Host, m *Metadata) (*Report, error) {
	pairs, err := fetch.Files(ctx, h, payload.ConfD, payload.Templates)
	if err != nil {
		return nil, err
	}
	delete(pairs, payload.ConfD+"/cmd.info.toml")
	dir, err := os.MkdirTemp("", "appimg-pairs-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := writeTree(dir, pairs); err != nil {
		return nil, fmt.Errorf("%s: copying the pairs: %w", h.Name(), err)
	}
	set, err := render.Load(app.PairsIn(filepath.Join(dir, agent.ConfDir), ""), &machine{ctx: ctx, h: h, known: map[string]string{}})
	if err != nil {
		return nil, err
	}
	rendered := set.Render(ctx, m.Node, m.Source, m.Prefix)
	disk, err := fetch.Files(ctx, h, set.Dests()...)
	if err != nil {
		return nil, err
	}
	r := &Report{Files: []File{}}
	for _, f := range rendered {
		r.Files = append(r.Files, compare(dir, f, disk))
	}
	return r, ctx.Err()
}

// writeTree writes a machine's files below dir. conf.d and templates are always there.
func writeTree(dir string, files map[string][]byte) error {
	err := errors.Join(os.MkdirAll(filepath.Join(dir, payload.ConfD), 0o700), os.MkdirAll(filepath.Join(dir, payload.Templates), 0o700))
	for name, data := range files {
		file := filepath.Join(dir, filepath.FromSlash(path.Clean("/"+name)))
		if err == nil {
			err = os.MkdirAll(filepath.Dir(file), 0o700)
		}
		if err == nil {
			err = os.WriteFile(file, data, 0o600)
		}
	}
	return err
}

func compare(dir string, f render.File, disk map[string][]byte) File {
	// The places are those on the machine.
	onMachine := func(text string) string { return strings.ReplaceAll(text, filepath.ToSlash(dir), "") }
	out := File{Resource: onMachine(f.Resource), Dest: f.Dest}
	if f.Err != nil {
		out.Error = onMachine(f.Err.Error())
		return out
	}
	out.Content = string(f.Content)
	was, there := disk[f.Dest]
	out.Missing = !there
	if !there {
		out.Diff = textdiff.Unified("/dev/null", "rendered"+f.Dest, nil, f.Content)
	} else if !bytes.Equal(was, f.Content) {
		out.Diff = textdiff.Unified("machine"+f.Dest, "rendered"+f.Dest, was, f.Content)
	}
	return out
}
