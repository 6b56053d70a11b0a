package kvm

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
)

// loadPairs parses every pair with appimg's own engine, and tells how many there
// are. A broken one is a fault where it is ours; another one is told and stops
// nothing: it was broken before.
func (c *change) loadPairs(files map[string][]byte, ours func(string) bool) (pairs int, faults []error) {
	const confDir, templates = agent.ConfDir + "/conf.d/", agent.ConfDir + "/templates/"
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasPrefix(name, confDir) {
			continue
		}
		pairs++
		err := LoadPair(name, files[name], templates, files)
		switch {
		case err == nil:
		case ours(name):
			faults = append(faults, err)
		default:
			c.Note("a pair does not load: %v", err)
		}
	}
	return pairs, faults
}

// LoadPair parses the pair whose resource is data, by appimg's own engine; name
// is for errors. Its template is one of files, by path, below the folder templates.
func LoadPair(name string, data []byte, templates string, files map[string][]byte) error {
	r, err := confd.ParseResource(name, data)
	if err != nil {
		return err
	}
	src := path.Join(templates, r.Src)
	text, ok := files[src]
	if !ok {
		return diag.Errorf(r.Pos("src"), "its template %q is not there", src)
	}
	_, err = confd.ParseTemplate(src, string(text), confd.LocalMachine())
	return err
}
