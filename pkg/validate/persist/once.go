package persist

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// made is output for what a script makes once. What a script of confd's makes, or one
// that starts the server, it makes anew each time; a certificate that is made again where
// it is missing is no loss, unless others were signed with it.
func (j *project) made(d *doc.Doc, e shell.Event) (known.Kind, validate.Confidence) {
	guarded := len(e.Guards) > 0
	when := j.phase(d, e)
	switch {
	case e.Name == shell.Account:
		if !j.forCustomers(d, e, when) {
			return known.None, validate.Guess
		}
	case j.table.Path(e.Path) == known.Log:
		return known.Log, validate.Certain
	case d.Generated && !guarded && when != atInit, when == atStart && !guarded && !onlyOnce(e.Command):
		return known.None, validate.Guess
	case guarded && e.Command == "openssl" && e.Name != "a secret" && when != atInit && !slices.ContainsFunc(e.Guards, j.area) &&
		!slices.Contains(known.Words(path.Base(e.Path)), "ca"):
		return known.None, validate.Guess
	}
	return known.State, validate.Likely
}

// writtenOnce puts what a program of another language makes once.
func (j *project) writtenOnce(d *doc.Doc, r *doc.Role, e shell.Event, offset int) {
	kind, sure := j.made(d, e)
	j.put(site{doc: d, role: r, path: e.Path, kind: kind, sure: sure, why: verb(e), offset: offset, once: true})
}

// noteAnew notes what is put somewhere each time that a node starts, or whenever it is
// missing, from a volume: what init has put there is no loss.
func (j *project) noteAnew(d *doc.Doc, r *doc.Role, e shell.Event) {
	at := disk.Clean(e.Path)
	switch when := j.phase(d, e); {
	case e.Op == shell.Copy && j.area(e.From) && when != atInit:
	case (e.Op == shell.Write || e.Op == shell.Copy) && when == atStart:
	case e.Op == shell.Made && when == atStart && len(e.Guards) == 0 && !onlyOnce(e.Command) && e.Name != shell.Account:
	default:
		return
	}
	if j.anew[r] == nil {
		j.anew[r] = map[string]bool{}
	}
	j.anew[r][at] = true
	if e.Op != shell.Copy {
		return
	}
	switch base := path.Base(e.From); {
	case strings.HasSuffix(e.From, "/"), strings.HasSuffix(e.From, "/."), strings.Contains(base, "*"), base == path.Base(at):
		j.anew[r][path.Join(at, "*")] = true
	default:
		j.anew[r][path.Join(at, base)], j.anew[r][path.Join(at, base, "*")] = true, true
	}
}

// isAnew reports whether a path, or all that is in its folder, is put there anew.
func (j *project) isAnew(s *site) bool {
	at := disk.Clean(s.path)
	for dir := path.Dir(at); len(dir) > 1; dir = path.Dir(dir) {
		if j.anew[s.role][path.Join(dir, "*")] {
			return true
		}
	}
	return j.anew[s.role][at]
}

// onlyOnce reports whether a server gives what a command of its own asks for one single
// time.
func onlyOnce(command string) bool {
	switch command {
	case "vault", "bao", "boundary", "consul", "nomad", "influx", "mysqld", "grep", "awk":
		return true
	}
	return false
}

// phase is when in a node's life something is done.
type phase int

const (
	atAnyTime phase = iota
	atInit          // when the cluster is made, or the node is added to it
	atStart         // each time that the node is started, too
)

// phase tells it by the functions around, by the services that reach the script, and by
// what the script is called.
func (j *project) phase(d *doc.Doc, e shell.Event) phase {
	if p := phaseOf(e.Within...); p != atAnyTime {
		return p
	}
	services := j.services[d.File]
	start := services["start"] || services["restart"]
	switch init := services["init"]; {
	case start && (!init || len(e.Within) == 0):
		return atStart
	case init && !start:
		return atInit
	case len(services) == 0:
		return phaseOf(doc.Stem(path.Base(d.Node)))
	}
	return atAnyTime
}

// phaseOf is the phase that names tell.
func phaseOf(names ...string) phase {
	p := atAnyTime
	for _, name := range names {
		for _, w := range known.Words(name) {
			switch w {
			case "start", "restart", "startup", "prestart", "boot", "reload", "entrypoint":
				return atStart
			case "init", "initialize", "initialise", "bootstrap", "setup", "install", "first", "once":
				p = atInit
			}
		}
	}
	return p
}

// noteNamed notes that a setting names a path: whatever the setting is about, it is a
// place to mend where a script makes that file once. Options of programs that are not
// units' may be those of clients, which only read it.
func (j *project) noteNamed(d *doc.Doc, r *doc.Role, s reader.Setting, command string) {
	if command == "" && !onlyReads(s.Key) || path.Ext(d.Node) == ".service" && command != "" {
		j.noteSite(site{doc: d, role: r.Itself(), path: s.Value, offset: s.Offset, setting: true, over: j.over})
	}
}

// onlyReads reports whether a setting says what a file has in it is to be read, or that it
// is to be there: that sets no place.
func onlyReads(key string) bool {
	key = strings.ToLower(key[strings.LastIndexByte(key, '.')+1:])
	for _, word := range []string{"include", "require", "environmentfile", "env_file", "condition", "assert", "readwritepaths", "readonlypaths", "source"} {
		if strings.HasPrefix(key, word) {
			return true
		}
	}
	return false
}

// noteSite is noteNamed for what may be a place to mend.
func (j *project) noteSite(s site) {
	if s.doc.Build || !strings.HasPrefix(s.path, "/") && (len(s.path) < 3 || s.path[1] != ':') {
		return
	}
	if j.named[s.role] == nil {
		j.named[s.role] = map[string][]site{}
	}
	at := disk.Clean(s.path)
	if len(j.named[s.role][at]) < 20 {
		j.named[s.role][at] = append(j.named[s.role][at], s)
	}
}

// namedOnce adds the settings that name what a script makes once, or the folder with the
// keys that it makes.
func (j *project) namedOnce() {
	j.sites = slices.DeleteFunc(j.sites, func(s *site) bool { return s.once && s.kind == known.State && j.isAnew(s) })
	done := map[*doc.Role]map[string]bool{}
	for _, s := range slices.Clone(j.sites) {
		at := disk.Clean(s.path)
		if !s.once || s.kind != known.State || done[s.role][at] {
			continue
		}
		if done[s.role] == nil {
			done[s.role] = map[string]bool{}
		}
		done[s.role][at] = true
		j.alsoNamed(s, at)
		if aboutKeys(at) && path.Ext(at) == "" { // the folder of an authority
			for _, below := range slices.Sorted(maps.Keys(j.named[s.role])) {
				if below != at && disk.Under(below, at) {
					j.alsoNamed(s, below)
				}
			}
		}
		if dir := path.Dir(at); aboutKeys(dir) && !done[s.role][dir] {
			done[s.role][dir] = true
			j.alsoNamed(s, dir)
		}
	}
}

func (j *project) alsoNamed(s *site, at string) {
	for _, n := range j.named[s.role][at] {
		if n.doc.File == s.doc.File && n.offset == s.offset {
			continue
		}
		n.kind, n.sure, n.why, n.unsure = s.kind, s.sure, s.why, s.unsure
		j.over = n.over
		j.put(n)
		j.over = nil
	}
}

// aboutKeys reports whether a folder is, by its name, one of keys alone.
func aboutKeys(dir string) bool {
	for _, w := range known.Words(path.Base(dir)) {
		switch w {
		case "cert", "certs", "certificates", "ssl", "tls", "pki", "key", "keys", "secret", "secrets", "token", "tokens", "ca", "credentials":
			return true
		}
	}
	return false
}
