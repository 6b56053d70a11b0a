package app

import (
	"context"
	"errors"

	"github.com/appimg/appimg/pkg/diag"
)

// ManifestName is the file that makes a folder a project.
const ManifestName = "appimg.toml"

// Options are the choices of Open and Discover.
type Options struct {
	// Overlay holds contents that replace those of files on disk (an editor's
	// unsaved buffers), by path as App names them.
	Overlay map[string][]byte
}

// App is an app on disk. Its paths can be opened as they are: they begin with
// Root, which is as the caller wrote the folder.
type App struct {
	Root     string    // the project's folder, or for an unconverted repository the folder that was asked for
	Manifest *Manifest // nil for an unconverted repository
	Name     string    // of appimg.toml, else of the folder
	Version  string    // of appimg.toml, else ""

	ConfigFile  string            // config.json, "" if absent
	ClusterFile string            // cluster.json.mustache, "" if absent
	Locale      map[string]string // language ("en", "zh-cn") → file
	Config      *Config           // config.json as it is; nil if absent
	Images      []*Image          // in name order
	Notes       []string          // what was taken for what
}

// Image is a set of pairs with what goes into the image beside them. In an
// unconverted repository it is one folder that holds conf.d; several of them
// may belong to one image.
type Image struct {
	Name       string   // of the folder; the app's name in the single-image layout
	Dir        string   // the image's folder
	ConfDir    string   // the folder that holds conf.d; "" without pairs
	ConfD      string   // the folder of *.toml; "" without pairs
	Templates  string   // the folder of *.tmpl; "" if absent
	RootFS     string   // the folder that is copied to /; "" if absent
	Dockerfile string   // "" if absent
	Roles      []string // the roles that use it; empty: unknown, so all
	Base       string   // base image of appimg.toml, "" if none is named
	Tags       []string // references of appimg.toml
	Pos        diag.Pos // of [images.<name>] in appimg.toml; zero without
}

// UsedBy reports whether the nodes of role get the image's pairs.
func (i *Image) UsedBy(role string) bool {
	if len(i.Roles) == 0 {
		return true
	}
	for _, r := range i.Roles {
		if r == role || r+replicaSuffix == role {
			return true
		}
	}
	return false
}

// replicaSuffix ends the name of the role that `replica: n` adds.
const replicaSuffix = "-replica"

var errNotYet = errors.New("not there yet")

// Open opens the app in dir: the project whose appimg.toml is in dir or in a
// folder above it, else the only app below dir. Errors carry places; several
// apps below dir are an error that lists them.
func Open(ctx context.Context, dir string, o Options) (*App, error) { return nil, errNotYet }

// Discover opens every app in or below dir, in path order: for checks that
// take a whole repository.
func Discover(ctx context.Context, dir string, o Options) ([]*App, error) { return nil, errNotYet }

// Expand evaluates cluster.json.mustache with the defaults of config.json and
// with set, whose names are the longest existing key paths
// (env.web.console.enabled) and whose values are JSON or bare strings.
func (a *App) Expand(set map[string]string) (*Spec, error) { return nil, errNotYet }
