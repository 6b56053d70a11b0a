package app

import (
	"io/fs"
	"path"
	"path/filepath"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/app/vfs"
	"github.com/appimg/appimg/pkg/diag"
)

// ManifestName is the file that makes a folder a project.
const ManifestName = "appimg.toml"

// Names of an app's files as the platform wants them.
const (
	configName  = "config.json"
	clusterName = "cluster.json.mustache"
	localeName  = "locale"
)

// Options are the choices of Open and Discover.
type Options struct {
	// FS holds the files; nil is the disk. Paths are then names of it, "." being
	// its top.
	FS fs.FS
	// Overlay holds contents that lie above those files, by path: changed ones
	// (an editor's unsaved buffers), and files that are nowhere else.
	Overlay map[string][]byte
}

// Tree is where files are read from, dir being one of their folders.
func (o Options) Tree(dir string) *vfs.Tree {
	tree := vfs.Disk(dir)
	if o.FS != nil {
		tree = vfs.Of(o.FS)
	}
	return tree.Under(o.Overlay)
}

// App is an app in a folder, on disk or in memory. Its paths begin with Root,
// which is as the caller wrote the folder: those on disk can be opened as they are.
type App struct {
	Root     string    // the project's folder; of an unconverted repository the folder below which everything was found
	Manifest *Manifest // nil for an unconverted repository
	Above    string    // the repository that was searched, where more than one app was found in it; else ""
	Others   []string  // roots of the other apps in it
	Missed   []Missed  // what the search for apps did not look at
	Name     string    // of appimg.toml, else of the folder
	Version  string    // of appimg.toml, else ""

	ConfigFile  string            // config.json, "" if absent
	ClusterFile string            // cluster.json.mustache, "" if absent
	Locale      map[string]string // language ("en", "zh-cn") → file
	Config      *Config           // config.json as far as it can be read; nil if absent
	Images      []*Image          // in name order
	Notes       []string          // what was taken for what

	cluster *clusterSource // nil without ClusterFile
	files   *files
}

// clusterSource is cluster.json.mustache before it is evaluated.
type clusterSource struct {
	data   []byte
	doc    *jsondoc.Value
	faults []jsondoc.Fault
}

// Tree is where the app's files are read from.
func (a *App) Tree() *vfs.Tree {
	if a.files == nil {
		return vfs.Disk(a.Root)
	}
	return a.files.Tree
}

// Beside is the repository of several apps, without the apps: files alone. It is
// nil where the app is the only one.
func (a *App) Beside() *App {
	if a.Above == "" {
		return nil
	}
	return &App{Root: a.Above, files: a.files}
}

// ReadFile is the content of a file of the app, which must not be a link that
// leads out of it.
func (a *App) ReadFile(path string) ([]byte, error) { return a.files.read(path) }

// Cluster is cluster.json.mustache as written, with expressions in place of
// values, and its faults; nil without such a file.
func (a *App) Cluster() (*jsondoc.Value, []jsondoc.Fault) {
	if a.cluster == nil {
		return nil, nil
	}
	return a.cluster.doc, a.cluster.faults
}

// Image is a set of pairs with what goes into the image beside them. In an
// unconverted repository it is one folder that holds conf.d; several of them
// may belong to one image.
type Image struct {
	Name       string   // of the folder; the app's name in the single-image layout
	Dir        string   // the image's folder
	ConfDir    string   // the folder that holds conf.d; "" without pairs
	ConfD      string   // the folder of *.toml, usually ConfDir/conf.d; "" without pairs
	Templates  string   // the folder of *.tmpl, usually ConfDir/templates; "" if absent
	RootFS     string   // the folder that is copied to /; "" if absent
	Dockerfile string   // "" if absent
	Roles      []string // the roles that use it; empty: unknown, so all
	Base       string   // base image of appimg.toml, "" if none is named
	Tags       []string // references of appimg.toml
	Pos        diag.Pos // of [images.<name>] in appimg.toml; zero without

	files *files
}

// UsedBy reports whether the nodes of role get the image's pairs. The replicas
// of a role have its image.
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

// HasFile reports whether rootfs has what will be at a path of the node. A link
// out of rootfs leads nowhere.
func (i *Image) HasFile(name string) bool {
	if i.RootFS == "" {
		return false
	}
	_, err := i.files.Room(i.RootFS).Inside(filepath.Join(i.RootFS, filepath.FromSlash(path.Clean("/"+name))))
	return err == nil
}

// replicaSuffix ends the name of the role that `replica: n` adds.
const replicaSuffix = "-replica"

// Image is the image called name, or nil.
func (a *App) Image(name string) *Image {
	for _, img := range a.Images {
		if img.Name == name {
			return img
		}
	}
	return nil
}
