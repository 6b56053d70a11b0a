package owner

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
)

// running matches services that a role is told to run: name/true/… of SERVICES,
// and what commands start.
var running = lazyregexp.New(`([A-Za-z0-9][\w.\-]*)/true\b|\bNODE_CTL=["']?([\w.\-]+)|systemctl[ \t]+(?:-\S+[ \t]+)?(?:re)?start[ \t]+([\w.\-@]+)|\bservice[ \t]+([\w.\-]+)[ \t]+(?:re)?start\b`)

// mayRun reports whether running can match a line at all: few are worth trying.
func mayRun(line string) bool {
	return strings.Contains(line, "/true") || strings.Contains(line, "NODE_CTL") || strings.Contains(line, "systemctl") || strings.Contains(line, "service")
}

// run finds the services that roles run.
func (a *Attribution) run() {
	for _, d := range a.Docs {
		if d.Role == nil || d.Pair == nil && !d.Command || a.withheld(d, d.Role) {
			continue
		}
		for line := range strings.Lines(d.Text) {
			if !mayRun(line) {
				continue
			}
			for _, m := range running.FindAllStringSubmatch(line, 200) {
				name := strings.TrimSuffix(m[1]+m[2]+m[3]+m[4], ".service")
				if !slices.Contains(a.Running[name], d.Role) {
					a.Running[name] = append(a.Running[name], d.Role)
				}
			}
		}
	}
}

// runs are the roles that run the service whose name's words d's path has:
// /opt/cm/conf/server.ini is cm-server's.
func (a *Attribution) runs(d *doc.Doc) []*doc.Role {
	words := append(known.Words(path.Dir(d.Node)), known.Words(doc.Stem(path.Base(d.Node)))...)
	var out []*doc.Role
	for _, name := range slices.Sorted(maps.Keys(a.Running)) {
		own := known.Words(name)
		if len(own) < 2 || slices.ContainsFunc(own, func(w string) bool { return !slices.Contains(words, w) }) {
			continue
		}
		for _, r := range a.Running[name] {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	if len(out) == len(a.Roles) {
		return nil
	}
	return out
}

// inCommands are the roles whose commands call something in a folder that is called
// like one on d's way: zookeeper/log4j.properties is of the role that is started by
// /opt/zookeeper/bin/start.sh. nil if these are none or all.
func (a *Attribution) inCommands(d *doc.Doc) []*doc.Role {
	for _, segment := range slices.Backward(strings.Split(path.Dir(d.Rel), "/")) {
		if len(segment) < 3 || everywhere(segment) {
			continue
		}
		var out []*doc.Role
		for _, r := range a.Roles {
			if slices.ContainsFunc(a.Docs, func(c *doc.Doc) bool {
				return c.Command && c.Role == r && (strings.Contains(c.Text, "/"+segment+"/") || controls(c.Text, segment))
			}) {
				out = append(out, r)
			}
		}
		if len(out) > 0 && len(out) < len(a.Roles) {
			return out
		}
	}
	return nil
}

// controls reports whether a command is one of the program that a folder is called
// like: supervisorctl, and /etc/supervisor.
func controls(text, program string) bool {
	for _, end := range []string{"ctl ", "ctl\n", "d ", "-ctl "} {
		if at := strings.Index(text+" ", program+end); at == 0 || at > 0 && strings.IndexByte(" /;&|", text[at-1]) >= 0 {
			return true
		}
	}
	return false
}
