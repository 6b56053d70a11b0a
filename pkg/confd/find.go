package confd

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// FindResources lists the files below <confdir>/conf.d whose names end in
// toml, in the order in which confd goes through them: by path, folder by
// folder. Folders that are links are not entered, and a confdir that is not
// there has none, which is no error.
func FindResources(confdir string) ([]string, error) {
	var found []string
	root := filepath.Join(confdir, "conf.d")
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // as confd: what cannot be listed is passed over
		}
		if !d.IsDir() && strings.HasSuffix(d.Name(), "toml") {
			found = append(found, p)
		}
		return nil
	})
	return found, err
}

// LoadAll reads every resource below ConfDir, in path order. One that cannot
// be read, or has no src, fails all of them: QingCloud's confd then processes
// nothing. The error joins one error per bad file. No resource, or no ConfDir,
// is no error; it is logged as a warning.
func (a *Applier) LoadAll() ([]*Resource, error) {
	if _, err := os.Stat(a.ConfDir); errors.Is(err, fs.ErrNotExist) {
		a.log().Warn("no template resources: the confdir does not exist", "confdir", a.ConfDir)
		return nil, nil
	}
	files, err := FindResources(a.ConfDir)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		a.warnNone()
	}
	var all []*Resource
	var faults []error
	for _, f := range files {
		r, err := ReadResource(f)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		all = append(all, r)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return all, nil
}

func (a *Applier) warnNone() {
	fi, err := os.Lstat(filepath.Join(a.ConfDir, "conf.d"))
	if err == nil && fi.Mode()&fs.ModeSymlink != 0 {
		a.log().Warn("no template resources found: conf.d is a link, and confd does not follow it; link its parent instead", "confdir", a.ConfDir)
		return
	}
	a.log().Warn("no template resources found", "confdir", a.ConfDir)
}
