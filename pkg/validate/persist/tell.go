package persist

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// words are the tokens of a text that are names, and the last parts of paths in
// it that are.
func (a *attribution) words(text string) map[string]bool {
	out := map[string]bool{}
	for _, t := range tokens(text, 50_000) {
		first, _, _ := strings.Cut(t, "/") // of SERVICES: name/true/port
		for _, w := range []string{t, path.Base(t), first, stem(path.Base(t))} {
			if a.names[w] {
				out[w] = true
			}
		}
	}
	return out
}

// tell finds the names that what one role gets has, and what another one gets
// from the same pair (or as its commands) has not.
func (a *attribution) tell() {
	texts := map[*validate.Pair]map[*role]string{}
	commands := map[*role]string{}
	for _, d := range a.j.docs {
		switch {
		case d.command && d.role != nil:
			commands[d.role] += d.text + "\n" + strings.ReplaceAll(d.text, "/", " ") + "\n"
		case d.pair != nil && d.role != nil && !d.command:
			if texts[d.pair] == nil {
				texts[d.pair] = map[*role]string{}
			}
			texts[d.pair][d.role] = d.text
		}
	}
	a.compare(commands, nil)
	skips(a.j.roles, commands)
	for _, d := range a.j.docs {
		if t := texts[d.pair]; d.pair != nil && t != nil {
			a.compare(t, append(d.names, a.j.table.Servers(d.node)...)) // what it says about itself tells nothing
			delete(texts, d.pair)
		}
	}
}

// skips gives each role the words that only other roles' commands have.
func skips(roles []*role, commands map[*role]string) {
	all := map[string]map[*role]bool{}
	for r, text := range commands {
		for _, w := range tokens(text, 1000) {
			if all[w] == nil {
				all[w] = map[*role]bool{}
			}
			all[w][r] = true
		}
	}
	for _, w := range sortedKeys(all) {
		for _, r := range roles {
			if !all[w][r] {
				r.skip = append(r.skip, w)
			}
		}
	}
}

// running matches services that a role is told to run: name/true/… of SERVICES,
// and what commands start.
var running = lazyregexp.New(`([A-Za-z0-9][\w.\-]*)/true\b|\bNODE_CTL=["']?([\w.\-]+)|systemctl[ \t]+(?:-\S+[ \t]+)?(?:re)?start[ \t]+([\w.\-@]+)|\bservice[ \t]+([\w.\-]+)[ \t]+(?:re)?start\b`)

// mayRun reports whether running can match a line at all: few are worth trying.
func mayRun(line string) bool {
	return strings.Contains(line, "/true") || strings.Contains(line, "NODE_CTL") || strings.Contains(line, "systemctl") || strings.Contains(line, "service")
}

// run finds the services that roles run.
func (a *attribution) run() {
	for _, d := range a.j.docs {
		if d.role == nil || d.pair == nil && !d.command {
			continue
		}
		for line := range strings.Lines(d.text) {
			if !mayRun(line) {
				continue
			}
			for _, m := range running.FindAllStringSubmatch(line, 200) {
				name := strings.TrimSuffix(m[1]+m[2]+m[3]+m[4], ".service")
				if !slices.Contains(a.running[name], d.role) {
					a.running[name] = append(a.running[name], d.role)
				}
			}
		}
	}
}

// runs are the roles that run the service whose name's words d's path has:
// /opt/cm/conf/server.ini is cm-server's.
func (a *attribution) runs(d *doc) []*role {
	words := append(known.Words(path.Dir(d.node)), known.Words(stem(path.Base(d.node)))...)
	var out []*role
	for _, name := range sortedKeys(a.running) {
		own := known.Words(name)
		if len(own) < 2 || slices.ContainsFunc(own, func(w string) bool { return !slices.Contains(words, w) }) {
			continue
		}
		for _, r := range a.running[name] {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	if len(out) == len(a.j.roles) {
		return nil
	}
	return out
}

// beside are the roles that reach what lies in d's folder, or in the nearest one
// above it of which anything is reached; nil if these are all.
func (a *attribution) beside(d *doc) []*role {
	if a.around == nil {
		a.around = map[string][]*role{}
		for r, set := range a.reach {
			for other := range set {
				for dir := path.Dir(other.rel); dir != "." && dir != "/"; dir = path.Dir(dir) {
					if !slices.Contains(a.around[dir], r) {
						a.around[dir] = append(a.around[dir], r)
					}
				}
			}
		}
	}
	for dir := path.Dir(d.rel); strings.Contains(dir, "/") && dir != "/"; dir = path.Dir(dir) {
		if some := a.around[dir]; len(some) == len(a.j.roles) {
			return nil
		} else if some != nil {
			return a.inOrder(some)
		}
	}
	return nil
}

// inCommands are the roles whose commands call something in a folder that is called
// like one on d's way: zookeeper/log4j.properties is of the role that is started by
// /opt/zookeeper/bin/start.sh. nil if these are none or all.
func (a *attribution) inCommands(d *doc) []*role {
	for _, segment := range slices.Backward(strings.Split(path.Dir(d.rel), "/")) {
		if len(segment) < 3 || everywhere(segment) {
			continue
		}
		var out []*role
		for _, r := range a.j.roles {
			if slices.ContainsFunc(a.j.docs, func(c *doc) bool {
				return c.command && c.role == r && (strings.Contains(c.text, "/"+segment+"/") || controls(c.text, segment))
			}) {
				out = append(out, r)
			}
		}
		if len(out) > 0 && len(out) < len(a.j.roles) {
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

// everywhere reports whether a folder is one of any system or any repository.
func everywhere(segment string) bool {
	switch segment {
	case "opt", "usr", "local", "bin", "sbin", "lib", "etc", "var", "data", "app", "conf", "config", "scripts", "script", "files", "rootfs", "init.d", "tmp", "home", "root", "srv", "share", "image", "roles":
		return true
	}
	return false
}

// inOrder are roles in the order of the app's.
func (a *attribution) inOrder(some []*role) []*role { return both(a.j.roles, some) }

func (a *attribution) compare(texts map[*role]string, own []string) {
	if identical(texts) && len(texts) == len(a.j.roles) {
		return
	}
	who := map[string][]*role{}
	for _, r := range a.j.roles {
		for w := range a.words(texts[r]) {
			who[w] = append(who[w], r)
		}
	}
	for w, some := range who {
		if len(some) == len(a.j.roles) || slices.Contains(own, w) {
			continue
		}
		for _, r := range some {
			if !slices.Contains(a.telling[w], r) {
				a.telling[w] = append(a.telling[w], r)
			}
		}
	}
}

func identical(texts map[*role]string) bool {
	one, any := "", false
	for _, t := range texts {
		if any && t != one {
			return false
		}
		one, any = t, true
	}
	return true
}

// walk finds what a role's commands reach: what they name, what that names, and
// so on.
func (a *attribution) walk(r *role) map[*doc]bool {
	seen := map[*doc]bool{}
	var queue []*doc
	for _, d := range a.j.docs {
		if d.command && d.role == r {
			queue = append(queue, d)
		}
	}
	for len(queue) > 0 && len(seen) < maxDocs {
		d := queue[0]
		queue = queue[1:]
		reached := slices.Clip(a.namedFor(d, r))
		if len(a.j.roles) > 1 {
			for _, name := range a.startedIn(d, r) {
				reached = append(reached, a.servedFor(name, r)...)
			}
			reached = append(reached, a.loaded[r]...)
			delete(a.loaded, r)
		}
		if d.format == reader.Python && len(a.j.roles) > 1 {
			reached = append(reached, a.importedBy(d)...)
		}
		for _, next := range reached {
			if !seen[next] && (next.role == nil || next.role == r) {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return seen
}

// namedFor are the documents that a text names for a role: without what a script
// does for other roles alone.
func (a *attribution) namedFor(d *doc, r *role) []*doc {
	if d.format == reader.Unit {
		return a.namesIn(unitCalls(d.text))
	}
	if d.format != reader.Shell || len(a.j.roles) < 2 || !aboutRoles.MatchString(d.text) && a.j.args[d.file][r] == nil {
		return a.named(d)
	}
	text := d.text
	events, _ := a.j.walk(d, r)
	for _, e := range events {
		if from, to := e.At.Offset, e.TextAt; e.Op == shell.Skipped && from < to && to <= len(text) {
			text = text[:from] + strings.Repeat(" ", to-from) + text[to:]
		}
	}
	if text = a.filledFor(text, r); text == d.text {
		return a.named(d)
	}
	return a.namesIn(text)
}

// aboutRoles matches a variable about roles.
var aboutRoles = lazyregexp.New(`(?i)\$\{?\w*(?:role|node_?type)`)

// named are the documents that a text names.
func (a *attribution) named(d *doc) []*doc {
	list, ok := a.j.namedBy[d]
	if !ok {
		list = a.namesIn(d.text)
		a.j.namedBy[d] = list
	}
	return list
}

func (a *attribution) namesIn(text string) []*doc {
	var out []*doc
	for at, t := range tokens(text, 20_000) {
		base := path.Base(t)
		whole := at > 0 && text[at-1] == '/' && (at == 1 || strings.IndexByte(" \t\n=\"'", text[at-2]) >= 0)
		if target := a.j.aliases[base]; target != "" {
			base, t, whole = path.Base(target), target, false
		}
		for _, name := range []string{base, base + ".service"} {
			docs := a.j.byBase[name]
			if whole {
				docs = slices.DeleteFunc(slices.Clone(docs), func(d *doc) bool {
					return path.Ext(base) == "" && another(d, "/"+t) || a.elsewhere(d, "/"+t)
				})
			}
			out = append(out, nearest(docs, t)...)
		}
	}
	return out
}

// another reports whether a path without an end is not that of a document, though
// it is called like it: the folder /data/jenkins is not /etc/default/jenkins.
func another(d *doc, p string) bool {
	return d.pair != nil && !d.command && strings.HasPrefix(d.node, "/") && path.Clean(d.node) != path.Clean(p)
}

// elsewhere reports whether a path is only called like a document that commands name by
// its own path: /start.sh is not /opt/db/start.sh, unless it may be a link to it.
func (a *attribution) elsewhere(d *doc, p string) bool {
	if !d.inImage || d.command || !strings.HasPrefix(d.node, "/") || validate.CommonEnd(d.node, p) > 1 {
		return false
	}
	named, ok := a.exact[d]
	if !ok {
		named = slices.ContainsFunc(a.j.docs, func(c *doc) bool { return c.command && strings.Contains(c.text, d.node) })
		a.exact[d] = named
	}
	return named
}

// nearest are the documents whose path has most of the end of p.
func nearest(docs []*doc, p string) []*doc {
	if len(docs) < 2 {
		return docs
	}
	best := 0
	var out []*doc
	for _, d := range docs {
		n := validate.CommonEnd("/"+d.node, "/"+p)
		if n > best {
			best, out = n, nil
		}
		if n == best {
			out = append(out, d)
		}
	}
	return out
}

// called are the roles that a folder on d's way, or d itself, is called like;
// repository leaves out the folders that it has on the node.
func (a *attribution) called(d *doc, repository bool) []*role {
	dir := path.Dir(d.rel)
	if repository && d.pair == nil && strings.HasPrefix(d.node, "/") {
		dir = strings.TrimSuffix("/"+dir, path.Dir(d.node))
	}
	segments := strings.Split(dir, "/")
	for i := len(segments) - 1; i >= 0; i-- {
		if segments[i] == "node" && i > 0 && segments[i-1] == "bin" {
			continue // a folder of scripts, by a convention of many apps
		}
		if some := a.like(segments[i]); some != nil {
			return some
		}
	}
	base := stem(path.Base(d.rel))
	if unit := dropInOf(d.node); unit != "" {
		base = unit
	}
	return a.like(strings.FieldsFunc(base, func(c rune) bool { return c == '-' || c == '_' || c == '.' })...)
}

// like are the roles that one of the words is called like; nil if that are all
// or none.
func (a *attribution) like(words ...string) []*role {
	var out []*role
	for _, r := range a.j.roles {
		for _, w := range words {
			if plainName(w) != "" && plainName(w) == plainName(r.Name) {
				out = append(out, r)
				break
			}
		}
	}
	if len(out) == len(a.j.roles) {
		return nil
	}
	return out
}

// byFolder are the roles that have a word of their names in common with a folder
// on d's way, the innermost one that tells: slave/templates is hbase-slave's.
func (a *attribution) byFolder(d *doc) []*role {
	if strings.HasPrefix(d.node, "/") && d.pair == nil {
		return nil // its folders are those of the node
	}
	segments := strings.Split(path.Dir(d.rel), "/")
	for _, s := range slices.Backward(segments) {
		if some := a.hinted([]string{s}); some != nil {
			return some
		}
	}
	return nil
}

// hinted are the roles that have a word of their names in common with one of
// the names, if it is not a word of all roles' names: those with all their words
// where there are some, without those that a folder beside it is called like.
func (a *attribution) hinted(names []string) []*role {
	words := map[string]bool{}
	for _, n := range names {
		for _, w := range known.Words(n) {
			words[w] = telling(w)
		}
	}
	var some, whole []*role
	for _, r := range a.j.roles {
		own := slices.DeleteFunc(known.Words(r.Name), func(w string) bool { return !telling(w) })
		if slices.ContainsFunc(own, func(w string) bool { return words[w] }) {
			some = append(some, r)
			if !slices.ContainsFunc(own, func(w string) bool { return !words[w] }) {
				whole = append(whole, r)
			}
		}
	}
	if len(some) == len(a.j.roles) && len(whole) == 0 {
		return nil
	}
	if len(whole) > 0 {
		some = whole
	}
	if len(some) > 1 {
		if rest := slices.DeleteFunc(slices.Clone(some), a.hasFolder); len(rest) > 0 {
			some = rest
		}
	}
	if len(some) == len(a.j.roles) {
		return nil
	}
	return some
}

// telling reports whether a word of a name tells one role from another.
func telling(w string) bool {
	switch w {
	case "node", "nodes", "server", "service", "cluster", "main", "data", "log", "app", "role":
		return false
	}
	return len(w) > 2
}

// hasFolder reports whether a role has a folder of its own among the roles of
// ansible.
func (a *attribution) hasFolder(r *role) bool { return a.folders[plainName(r.Name)] }

// plainName is a name without case, separators and the word node.
func plainName(name string) string {
	plain := strings.Map(func(c rune) rune {
		if c == '-' || c == '_' || c == '.' {
			return -1
		}
		return unicode.ToLower(c)
	}, name)
	short := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(strings.TrimSuffix(plain, "s"), "node"), "node"), "s")
	if short == "" {
		return plain
	}
	return short
}

// alias notes that a command is a link to a script.
func (j *project) alias(at, target string) {
	if !strings.Contains(target, "$") && path.Base(at) != path.Base(target) {
		j.aliases[path.Base(at)] = target
	}
}
