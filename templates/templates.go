// Package templates holds the presets of appimg init: one folder each, of real
// files. In a preset
//
//	_summary.txt     is the line that appimg init --list shows;
//	_docker/ _kvm/   lie over the other files in projects of that type;
//	NAME.in          becomes NAME, a text/template with [[ ]] (fields of scaffold.Project).
//
// Everything else is copied as it is. A new preset is a folder, and its name in
// the line below.
package templates

import (
	"embed"
	"io/fs"
)

//go:embed all:blank all:nextcloud all:redis all:zookeeper
var files embed.FS

// FS has a folder for each preset. File modes are lost in it: pkg/scaffold says
// which files are executable.
func FS() fs.FS { return files }
