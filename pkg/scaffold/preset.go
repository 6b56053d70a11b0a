package scaffold

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"

	"github.com/appimg/appimg/pkg/diag"
)

// Preset is a kind of project that can be made.
type Preset struct {
	Name    string   `json:"name"`
	Summary string   `json:"summary"`
	Types   []string `json:"types"` // of containers
}

// File is a file of a project that is to be made.
type File struct {
	Path string // slash-separated, below the project's folder
	Mode fs.FileMode
	Data []byte
}

// What has a meaning of its own in a preset (package templates has the list).
const (
	summaryFile   = "_summary.txt"
	renderedMark  = ".in"
	overlayPrefix = "_"
)

// Presets lists what presets has, by name. Every folder is a preset.
func Presets(presets fs.FS) ([]Preset, error) {
	entries, err := fs.ReadDir(presets, ".")
	if err != nil {
		return nil, fmt.Errorf("listing presets: %w", err)
	}
	var out []Preset
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		summary, err := fs.ReadFile(presets, path.Join(e.Name(), summaryFile))
		if err != nil {
			return nil, fmt.Errorf("listing presets: %w", err)
		}
		out = append(out, Preset{e.Name(), strings.TrimSpace(string(summary)), Types()})
	}
	return out, nil
}

// Files is the project that preset makes of p, in path order. An unknown preset
// and an invalid p are errors.
func Files(presets fs.FS, preset string, p Project) ([]File, error) {
	if err := known(presets, preset); err != nil {
		return nil, err
	}
	p, err := p.complete()
	if err != nil {
		return nil, err
	}
	dir, err := fs.Sub(presets, preset)
	if err != nil {
		return nil, fmt.Errorf("reading preset %q: %w", preset, err)
	}
	files := map[string]File{}
	for _, overlay := range []string{".", overlayPrefix + string(p.Type)} {
		if err := gather(dir, overlay, p, files); err != nil {
			return nil, fmt.Errorf("reading preset %q: %w", preset, err)
		}
	}
	out := make([]File, 0, len(files))
	for _, f := range files {
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

func known(presets fs.FS, name string) error {
	all, err := Presets(presets)
	if err != nil {
		return err
	}
	var names []string
	for _, p := range all {
		if p.Name == name {
			return nil
		}
		names = append(names, p.Name)
	}
	err = fmt.Errorf("choosing preset %q: there is no such preset", name)
	return diag.DidYouMean(err, name, names, "presets are "+strings.Join(names, ", "))
}

// gather adds the files below root to files, by their path in the project.
func gather(dir fs.FS, root string, p Project, files map[string]File) error {
	if _, err := fs.Stat(dir, root); err != nil {
		return nil // no overlay for this type
	}
	return fs.WalkDir(dir, root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name != root && path.Dir(name) == "." && strings.HasPrefix(name, overlayPrefix) {
			return skip(d)
		}
		if d.IsDir() {
			return nil
		}
		f, err := file(dir, name, p)
		if err != nil {
			return err
		}
		f.Path = strings.TrimPrefix(f.Path, root+"/")
		f.Mode = modeOf(f.Path, f.Data)
		files[f.Path] = f
		return nil
	})
}

func skip(d fs.DirEntry) error {
	if d.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func file(dir fs.FS, name string, p Project) (File, error) {
	data, err := fs.ReadFile(dir, name)
	if err != nil {
		return File{}, err
	}
	target, rendered := strings.CutSuffix(name, renderedMark)
	if !rendered {
		return File{Path: name, Data: data}, nil
	}
	t, err := template.New(name).Delims("[[", "]]").Option("missingkey=error").Parse(string(data))
	if err != nil {
		return File{}, err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, p); err != nil {
		return File{}, err
	}
	return File{Path: target, Data: out.Bytes()}, nil
}

// modeOf is the mode of a project's file: executable is what lies below a bin
// or sbin folder, and what begins with #!, but no template. The modes of the
// presets are lost when they are embedded; an image takes modes from disk.
func modeOf(name string, data []byte) fs.FileMode {
	below := strings.Split(path.Dir(name), "/")
	inBin := slices.Contains(below, "bin") || slices.Contains(below, "sbin")
	if (inBin || bytes.HasPrefix(data, []byte("#!"))) && path.Ext(name) != ".tmpl" {
		return 0o755
	}
	return 0o644
}
