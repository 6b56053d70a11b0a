package app

import (
	"path/filepath"

	"github.com/appimg/appimg/pkg/app/vfs"
)

// PairsIn is the pairs of a folder that belongs to no project, such as
// /etc/confd of a machine: conf.d below confDir, and templates, which is
// confDir/templates where it is "". Links may lead anywhere.
func PairsIn(confDir, templates string) *Image {
	if templates == "" {
		templates = filepath.Join(confDir, "templates")
	}
	tree := vfs.Disk(confDir)
	return &Image{
		Name: filepath.Base(confDir), Dir: confDir, ConfDir: confDir,
		ConfD: filepath.Join(confDir, "conf.d"), Templates: templates,
		files: &files{tree, tree.Anywhere()},
	}
}

// ReadFile is the content of a file of the image, by a path as Image and
// TemplateFile name them.
func (i *Image) ReadFile(path string) ([]byte, error) { return i.files.read(path) }
