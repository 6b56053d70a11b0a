package validate

import (
	"net"
	"path"
	"path/filepath"
	"time"

	"github.com/appimg/appimg/pkg/app"
)

// machine answers what templates ask of the machine: as a new node would that
// has nothing but what the project puts there.
type machine struct {
	env map[string]string
	has func(name string) bool
}

// machineOf is the machine of an image's nodes.
func (p *Package) machineOf(img *app.Image) machine {
	m := machine{has: func(name string) bool {
		return img.RootFS != "" && p.File(filepath.Join(img.RootFS, filepath.FromSlash(path.Clean("/"+name)))) != nil
	}}
	if p.App.Manifest != nil {
		m.env = p.App.Manifest.Render.Env
	}
	return m
}

func (m machine) FileExists(name string) bool               { return m.has(name) }
func (m machine) Getenv(key string) string                  { return m.env[key] }
func (machine) LookupSRV(string, string, string) []*net.SRV { return nil }
func (machine) Now() time.Time                              { return time.Unix(0, 0).UTC() }

func (machine) LookupIP(host string) []string {
	if net.ParseIP(host) == nil {
		return nil
	}
	return []string{host}
}
