package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// forCustomers reports whether only services of the app's own do something, which a
// customer calls: the start does not do it again. A script that notes on a volume what it
// does leaves that to another one.
func (j *project) forCustomers(d *doc.Doc, e shell.Event, when phase) bool {
	services := j.services[d.File]
	if when != atAnyTime || len(services) == 0 || j.notes(d) {
		return false
	}
	if ownOnly(services) {
		return true
	}
	return slices.ContainsFunc(j.docs, func(c *doc.Doc) bool {
		return c.Service != "" && !ofPlatform(c.Service) && slices.ContainsFunc(e.Within, func(name string) bool {
			return len(name) > 2 && slices.Contains(strings.Fields(c.Text), name)
		})
	})
}

func ownOnly(services map[string]bool) bool {
	for name := range services {
		if ofPlatform(name) {
			return false
		}
	}
	return true
}

// ofPlatform reports whether the scheduler calls a service by itself.
func ofPlatform(service string) bool {
	switch service {
	case "init", "start", "stop", "restart", "scale_out", "scale_in", "destroy", "upgrade", "rollback", "backup", "restore", "delete_snapshot", "get_nodes_order":
		return true
	}
	return false
}

// notes reports whether a script writes to a volume.
func (j *project) notes(d *doc.Doc) bool {
	for _, r := range j.roles {
		if !d.Of(r) {
			continue
		}
		events, _ := j.walk(d, r)
		for _, e := range events {
			if (e.Op == shell.Append || e.Op == shell.Write || e.Op == shell.Copy) && j.area(e.Path) && !strings.Contains(e.Path, "log") {
				return true
			}
		}
	}
	return false
}

// passdb matches what smb.conf says of the place of Samba's accounts.
var passdb = lazyregexp.New(`(?mi)^[ \t]*(private dir|passdb backend)[ \t]*=[ \t]*(\S.*?)[ \t]*$`)

// samba is the place of Samba's accounts for a role, as its smb.conf has it; "" where they
// are on no disk of the node. by is the line that leaves it at its default.
func (j *project) samba(r *doc.Role) (file string, by *site) {
	file = shell.SambaAccounts
	for _, d := range j.docs {
		if !strings.HasPrefix(path.Base(d.Node), "smb") || d.Format != reader.Lines || d.Build || !d.Of(r) {
			continue
		}
		for _, m := range passdb.FindAllStringSubmatchIndex(d.Text, 4) {
			key, value := strings.ToLower(d.Text[m[2]:m[3]]), d.Text[m[4]:m[5]]
			backend, at, _ := strings.Cut(value, ":")
			switch {
			case key == "private dir":
				return path.Join(value, "passdb.tdb"), nil
			case backend == "ldapsam":
				return "", nil
			case at != "":
				return disk.Clean(at), nil
			default:
				by = &site{doc: d, role: r, offset: m[4], setting: true, once: true}
			}
		}
	}
	return file, by
}
