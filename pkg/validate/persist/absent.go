package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// absent is a program of a role's that the repository does not have, and that may link
// a folder of the system disk to a volume: its init, or anything where all that the role
// runs is missing. "" where there is none.
func (j *project) absent(r *doc.Role) string {
	name, known := j.absents[r]
	if !known {
		name = j.findAbsent(r)
		j.absents[r] = name
	}
	return name
}

func (j *project) findAbsent(r *doc.Role) string {
	missing, seen := "", false
	for _, c := range j.docs {
		if !c.Command || c.Role != r {
			continue
		}
		for _, name := range ownPrograms(c.Text) {
			switch {
			case j.has(name), j.table.IsProgram(path.Base(name)):
				seen = true
			case c.Service == "init":
				return name
			default:
				missing = name
			}
		}
	}
	if seen {
		return ""
	}
	return missing
}

// mayLink reports whether what a role runs unseen may link a site's path to a volume.
// Nobody links backups that do not lie where packages have their data, a file that lies in
// /var/log itself, what lies where volumes are (but where packages have their files: one role
// may mount what another links).
func (j *project) mayLink(s *site) bool {
	p := disk.Clean(s.path)
	switch {
	case len(s.role.Mounts) == 0, s.kind == known.Backup && !strings.HasPrefix(p, "/var/lib/"), disk.Under(p, "/tmp"), path.Dir(p) == "/var/log" && path.Ext(p) != "", j.area(s.path) && !strings.HasPrefix(s.path, "/var/"):
		return false
	}
	return j.absent(s.role) != ""
}

// doubted lowers the confidence of a verdict where programs may link its path that are not
// seen, and names them: to a guess, unless the setting looks forgotten, or is where the
// server's package has its logs.
func (j *project) doubted(v verdict) verdict {
	switch {
	case !j.mayLink(v.site):
	case j.forgotten(v.site):
		v.confidence = lower(v.confidence, validate.Likely)
	case v.setting && v.server != "" && disk.Under(disk.Clean(v.path), "/var/log"): // few link where packages log
		v.confidence, v.absent = lower(v.confidence, validate.Likely), j.absent(v.role)
	default:
		v.confidence, v.absent = validate.Guess, j.absent(v.role)
	}
	return v
}

// jvm is what the table calls the options of every JVM.
const jvm = "Logging for the JVM"

// forgotten reports whether a setting is the one that was not changed: the same server has
// others of its sort on the volume, by their own paths, and keeps nothing else where this one
// says; and so with the folders that the containers of one file see. Who puts the volume's path
// there needs no link, unless to the users' homes, or where hosts have their logs.
func (j *project) forgotten(s *site) bool {
	p, composed := disk.Clean(s.path), !s.setting && doc.IsCompose(s.doc)
	home, _ := disk.Known(p)
	if s.server == jvm {
		return j.logsOfServerMoved(s)
	}
	if !composed && (!s.setting || s.server == "") || composed && disk.Under(p, "/var/log") || home == "/home" {
		return false
	}
	moved := false
	for _, other := range j.sites {
		if other.setting != s.setting || other.role != s.role || other.doc.File != s.doc.File || other.doc.Node != s.doc.Node || other.offset == s.offset {
			continue
		}
		if disk.Under(disk.Clean(other.path), path.Dir(p)) {
			return false
		}
		sort := other.server == s.server && (other.kind == known.Log) == (s.kind == known.Log)
		mount := mountOf(s.role, other.path)
		moved = moved || (composed || sort) && mount != "" && !strings.HasPrefix(mount, "/var/") // that is where packages have it anyway
	}
	return moved
}

// logsOfServerMoved reports whether an option of a JVM names the folder in /var/log that is a
// server's own, while that server is told to have its logs on a volume: the option is what was
// not changed. Else such options are set by many hands, those of the server's own start script
// among them.
func (j *project) logsOfServerMoved(s *site) bool {
	dir, name := path.Split(disk.Clean(s.path))
	server := path.Base(dir)
	return name != "" && path.Dir(path.Clean(dir)) == "/var/log" && slices.ContainsFunc(j.sites, func(o *site) bool {
		mount := mountOf(o.role, o.path)
		return o.role == s.role && o.doc.Owners.Has(o.role) && o.setting && o.kind == known.Log && strings.EqualFold(o.server, server) && mount != "" && !strings.HasPrefix(mount, "/var/")
	})
}

// has reports whether the repository has a program: a file that is called so or, where
// no path says which it is, any script at all.
func (j *project) has(name string) bool {
	base := path.Base(name)
	if len(j.byBase[base]) > 0 {
		return true
	}
	for _, f := range j.p.Files() {
		if path.Base(f.Rel) == base {
			return true
		}
	}
	return slices.ContainsFunc(j.docs, func(d *doc.Doc) bool {
		return d.Format == reader.Shell && !d.Command && !d.Build && d.Pair == nil
	})
}

// ownPrograms are the programs of a command line that no system and no package brings:
// those called by a path, and what apps call their own: appctl, zkctl.
func ownPrograms(command string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(command, func(c rune) bool { return strings.ContainsRune(";&|\n()", c) }) {
		if name := programOf(strings.Fields(part)); strings.HasPrefix(name, "/") && !ofPackages(path.Dir(name)) || isControl(path.Base(name)) {
			out = append(out, name)
		}
	}
	return out
}

// programOf is what the words of one command run: behind sudo, bash -c, su - USER -c.
func programOf(words []string) string {
	wrapped := false
	for i, w := range words {
		w = strings.Trim(w, `"'`)
		switch base := path.Base(w); {
		case i > 0 && words[i-1] == "-c":
			return w
		case doc.IsShell(base), base == "exec", base == "env", strings.HasPrefix(base, "python"):
			wrapped = true
		case strings.HasPrefix(w, "-"), strings.Contains(w, "="), wrapped && !strings.HasPrefix(w, "/") && !isControl(w):
		default:
			return w
		}
	}
	return ""
}

// isControl reports whether a program is, by its name, one that an app controls itself with:
// zkctl, neo4j-node.
func isControl(name string) bool {
	switch name {
	case "systemctl", "supervisorctl", "sysctl", "apachectl", "apache2ctl", "rabbitmqctl", "pg_ctl", "kubectl", "crictl", "etcdctl", "journalctl",
		"loginctl", "numactl", "hostnamectl", "timedatectl", "invoke-rc.d", "rc-service":
		return false
	}
	return !strings.Contains(name, "/") && slices.ContainsFunc([]string{"ctl", "-node", "-app"}, func(end string) bool {
		return len(name) > len(end) && strings.HasSuffix(name, end)
	})
}

// ofPackages reports whether a folder has the programs of a system and its packages.
func ofPackages(dir string) bool {
	return slices.Contains([]string{"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/etc/init.d", "/etc/rc.d/init.d"}, dir)
}
