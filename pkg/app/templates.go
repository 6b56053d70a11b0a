package app

import "github.com/appimg/appimg/pkg/diag"

// TemplateFile is a template as it will lie in /etc/confd/templates.
type TemplateFile struct {
	Name  string // relative to templates/, as src of a resource names it
	Text  []byte
	Mode  uint32 // permission bits of the file on disk; 0644 for parts
	parts []part
}

type part struct {
	file  string
	start int // offset in Text
	line  int // lines of Text before it
}

// Files are the files on disk that it was made of: one, or the parts in order.
func (t *TemplateFile) Files() []string {
	var files []string
	for _, p := range t.parts {
		files = append(files, p.file)
	}
	return files
}

// Origin maps a line and column of Text (from 1) to the file on disk.
func (t *TemplateFile) Origin(line, col int) diag.Pos {
	for i := len(t.parts) - 1; i >= 0; i-- {
		if p := t.parts[i]; line > p.line {
			return diag.Pos{File: p.file, Line: line - p.line, Col: col}
		}
	}
	return diag.Pos{}
}

// Resources are the resource files (conf.d/**/*.toml) in path order.
func (i *Image) Resources() ([]string, error) { return nil, errNotYet }

// TemplateFiles are the image's templates by name. A folder NAME of parts
// (NN.*.tmpl) becomes NAME.tmpl: the parts in name order, a newline after each.
func (i *Image) TemplateFiles() (map[string]*TemplateFile, error) { return nil, errNotYet }
