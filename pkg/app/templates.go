package app

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

// TemplateFile is a template as it will lie in /etc/confd/templates.
type TemplateFile struct {
	Name  string // relative to templates/, with slashes, as src of a resource names it
	Text  []byte
	Mode  fs.FileMode // permission bits of the file on disk; 0644 for parts
	Fault error       // a BOM, or bytes that are not UTF-8 (the platform takes them as they are); nil if it is text

	parts []part
}

type part struct {
	file string
	line int // lines of Text before it
}

// Files are the files on disk that it was made of: one, or the parts in order.
func (t *TemplateFile) Files() []string {
	var names []string
	for _, p := range t.parts {
		names = append(names, p.file)
	}
	return names
}

// Origin maps a line (from 1) and column of Text to the file on disk.
func (t *TemplateFile) Origin(line, col int) diag.Pos {
	for i := len(t.parts) - 1; i > 0; i-- {
		if p := t.parts[i]; line > p.line {
			return diag.Pos{File: p.file, Line: line - p.line, Col: col}
		}
	}
	return diag.Pos{File: t.parts[0].file, Line: line, Col: col}
}

// Resources are the resource files, in the order in which confd takes them:
// every file below conf.d whose name ends in "toml", by path.
func (i *Image) Resources() ([]string, error) {
	if i.ConfD == "" {
		return nil, nil
	}
	var out []string
	err := i.files.walk(i.ConfD, func(file string) error {
		if strings.HasSuffix(file, "toml") {
			out = append(out, file)
		}
		return nil
	})
	return out, err
}

// TemplateFiles are the image's templates by name. A folder NAME of parts
// (NN.*.tmpl) becomes NAME.tmpl: the parts in name order, a newline after each
// (platform guide: a convention of many apps). What cannot be read is left out,
// and told by the error; the others are there all the same.
func (i *Image) TemplateFiles() (map[string]*TemplateFile, error) {
	out := map[string]*TemplateFile{}
	if i.Templates == "" {
		return out, nil
	}
	var faults []error
	add := func(name string, from []string) {
		t, err := i.files.template(name, from)
		if err != nil {
			faults = append(faults, err)
			return
		}
		out[name] = t
	}
	folders := map[string][]string{} // of parts, by template name
	err := i.files.walk(i.Templates, func(file string) error {
		rel, err := filepath.Rel(i.Templates, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if dir := path.Dir(name); dir != "." && isPart(path.Base(name)) {
			folders[dir+".tmpl"] = append(folders[dir+".tmpl"], file)
			return nil
		}
		add(name, []string{file})
		return nil
	})
	for _, name := range slices.Sorted(maps.Keys(folders)) {
		add(name, folders[name])
	}
	return out, errors.Join(append(faults, err)...)
}

// isPart reports whether name is NN.*.tmpl.
func isPart(name string) bool {
	digits := strings.IndexFunc(name, func(r rune) bool { return r < '0' || r > '9' })
	return digits > 0 && name[digits] == '.' && strings.HasSuffix(name, ".tmpl") && len(name) > digits+len(".tmpl")
}

func (f *files) template(name string, from []string) (*TemplateFile, error) {
	t := &TemplateFile{Name: name, Mode: 0o644}
	lines := 0
	for _, file := range from {
		data, err := f.read(file)
		if err != nil {
			return nil, err
		}
		if t.Fault == nil {
			t.Fault = CheckText(file, data)
		}
		t.parts = append(t.parts, part{file, lines})
		if isPart(filepath.Base(file)) && name != filepath.Base(file) {
			data = append(slices.Clip(data), '\n')
		} else if info, err := f.Stat(file); err == nil {
			t.Mode = info.Mode().Perm()
		}
		lines += strings.Count(string(data), "\n")
		t.Text = append(t.Text, data...)
	}
	return t, nil
}

// walk visits the files below dir in path order, links within root followed.
// What goes wrong with one does not keep it from the others.
func (f *files) walk(dir string, visit func(file string) error) error {
	if _, err := f.inside(dir); err != nil {
		return err
	}
	return f.walkFrom(dir, nil, visit)
}

func (f *files) walkFrom(dir string, above []string, visit func(file string) error) error {
	real, err := f.inside(dir)
	if err != nil || len(above) > maxDepth || slices.Contains(above, real) {
		return fmt.Errorf("reading %q: folders that contain themselves", dir)
	}
	entries, err := f.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("reading %q: %w", dir, diag.Reason(err))
	}
	var faults []error
	for _, e := range entries {
		file := filepath.Join(dir, e.Name())
		isDir := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			real, err := f.inside(file)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			isDir = f.IsDir(real)
		}
		if isDir {
			err = f.walkFrom(file, append(above[:len(above):len(above)], real), visit)
		} else {
			err = visit(file)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
