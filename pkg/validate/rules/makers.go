package rules

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/sh"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// maxWalked bounds the statements of one script that are followed.
const maxWalked = 20_000

// makers are what an app puts on its nodes at run time.
type makers struct {
	made  []string // folders that are made for sure; with all above them
	files []string // files that are written; their folders have to be there
	trees []string // places where whole trees may be put
	parts []string // beginnings of paths that go on with what is not known
	texts []string // what else may make something: scripts in other languages, installers
}

// makersOf follows all scripts and commands of an app, whoever runs them; ok is
// false where something runs at boot that cannot be read.
func makersOf(p *validate.Package) (m *makers, ok bool) {
	type key struct{}
	type kept struct {
		m  *makers
		ok bool
	}
	k := validate.Keep(p, key{}, func() kept {
		m, parsed := &makers{}, true
		for _, s := range scripts(p) {
			parsed = parsed && s.file != nil
			m.script(s.file, s.text, eventsOf(p, s))
		}
		for _, pair := range read(p.Pairs()) {
			dest := path.Clean(pair.Resource.Dest)
			m.files, m.made = append(m.files, dest), append(m.made, path.Dir(dest)) // confd makes both
		}
		for _, f := range p.Files() {
			if !inRootFS(p, f.Path) || !mayRun(f) {
				continue
			}
			if text, isText := p.Text(f.Path); isText && !isShell(f.Path, text) {
				m.other(f.Path, text)
			}
		}
		for _, f := range p.Files() {
			if inRootFS(p, f.Path) && namesFolders.MatchString(path.Base(f.Rel)) {
				text, _ := p.Text(f.Path)
				m.settings(f.Rel, text)
			}
		}
		for _, o := range outputs(p) {
			if o.Err == nil {
				m.settings(o.Pair.Resource.Dest, o.Content)
			}
			if o.Err == nil && !isShell(o.Pair.Resource.Dest, o.Content) {
				m.other(o.Pair.Resource.Dest, o.Content)
			}
		}
		return kept{m, parsed && p.Complete() && bootIsKnown(p)}
	})
	return k.m, k.ok
}

// mayRun reports whether a file can be a program, or tell systemd what to make.
func mayRun(f *validate.File) bool {
	return f.Executable() || strings.Contains(f.Rel, "tmpfiles.d/") ||
		slices.Contains([]string{".service", ".py", ".pl", ".rb", ".lua", ".mount", ".target"}, path.Ext(f.Rel))
}

// eventsOf are what a script does with paths; made once.
func eventsOf(p *validate.Package, s *script) []shell.Event {
	type key struct{ text string }
	return validate.Keep(p, key{s.text}, func() []shell.Event {
		if s.file == nil {
			return nil
		}
		events, _ := shell.Walk(s.file, s.text, shell.World{}, maxWalked)
		return events
	})
}

// script notes what a script makes.
func (m *makers) script(file *syntax.File, text string, events []shell.Event) {
	if file == nil {
		return
	}
	eachCall(file, func(call *syntax.CallExpr) {
		if s := text[call.Pos().Offset():call.End().Offset()]; installers.MatchString(s) {
			m.texts = append(m.texts, s)
		}
	})
	for _, e := range events {
		switch e.Op {
		case shell.Mkdir:
			m.note(&m.made, e.Path)
		case shell.Option:
			for _, o := range reader.Option(e.Name, e.Path) {
				if path.IsAbs(o.Value) && !isConfiguration(o.Key, o.Value) {
					m.note(&m.made, o.Value) // a server may make what it is told of
				}
			}
		case shell.Write, shell.Append, shell.Touch:
			if path.IsAbs(e.Path) {
				m.note(&m.files, e.Path)
			}
		case shell.Content:
			m.note(&m.files, e.Path)
			m.settings(e.Path, e.Text)
		case shell.Copy, shell.Link, shell.Bind, shell.Container:
			m.note(&m.trees, e.Path)
		}
	}
}

// settings notes the folders that a configuration names, but for those of
// which it is known that the server does not make them.
func (m *makers) settings(name, text string) {
	for _, s := range reader.Read(name, text) {
		if dir, inDir := prerequisite(path.Base(name), s.Key); !dir && !inDir && path.IsAbs(s.Value) {
			m.note(&m.made, s.Value)
		}
	}
}

// note adds a path to a list; one that is not known to its end to parts.
func (m *makers) note(list *[]string, name string) {
	if i := strings.IndexAny(name, "$*?[`{"); i >= 0 {
		m.parts = append(m.parts, name[:i])
		return
	}
	*list = append(*list, path.Clean(name))
}

// installers are programs that make the folders that their own configuration,
// or their arguments, name; and what other languages make folders with.
var installers = lazyregexp.New(`\b(initdb|pg_basebackup|mysqld.*--initialize|mysql_install_db|mariadb-install-db|git|unzip|tar|cpio|docker|podman|systemd-tmpfiles|useradd|adduser|make|sudo|su|python[0-9.]*|perl|node|ruby|php)\b`)

var makesFolders = lazyregexp.New(`makedirs|mkdir|MkdirAll|ensureDir|copytree|extractall|createDirector`)

// other notes a file that is no shell script: a unit's commands, tmpfiles.d, a
// program in another language.
func (m *makers) other(name, text string) {
	switch {
	case reader.FormatOf(name, text) == reader.Unit:
		for _, line := range reader.UnitLines(text) {
			if strings.HasPrefix(line.Key, "Exec") {
				command := strings.TrimLeft(line.Value, "-+!@:")
				if file, err := sh.Parse(command, syntax.LangBash); err == nil {
					events, _ := shell.Walk(file, command, shell.World{}, maxWalked)
					m.script(file, command, events)
				}
			}
		}
	case strings.Contains(name, "tmpfiles.d"), makesFolders.MatchString(text), strings.HasPrefix(text, "#!"):
		m.texts = append(m.texts, text)
	}
}

// has reports whether a folder may be there: it, or something below it, is made,
// or a whole tree is put above it.
func (m *makers) has(dir string) bool {
	in := func(p, d string) bool { return p == d || strings.HasPrefix(p, strings.TrimSuffix(d, "/")+"/") }
	made := func(p string) bool {
		return in(p, dir) || !path.IsAbs(p) && strings.HasSuffix(dir, "/"+p) // behind a cd
	}
	return slices.ContainsFunc(m.made, made) ||
		slices.ContainsFunc(m.trees, func(p string) bool { return in(p, dir) || in(dir, p) }) ||
		slices.ContainsFunc(m.parts, func(p string) bool { return strings.HasPrefix(dir, p) || strings.HasPrefix(p, dir) }) ||
		slices.ContainsFunc(m.texts, func(text string) bool { return mayMake(text, dir) })
}

// unpacks are programs that put trees somewhere, whose names they do not tell.
var unpacks = lazyregexp.New(`\b(tar|unzip|cpio|git|python[0-9.]*|perl|ruby|node|php)\b`)

// hasFile reports whether a file may be there.
func (m *makers) hasFile(name string) bool { return slices.Contains(m.files, name) || m.has(name) }

// mayMake reports whether a text that makes folders somehow may mean this one:
// it names the folder, by its last part at least, or leaves that to a program.
func mayMake(text, dir string) bool {
	if unpacks.MatchString(text) {
		for up := path.Dir(dir); up != "/"; up = path.Dir(up) {
			if strings.Contains(text+" ", up+" ") || strings.Contains(text+" ", up+"/ ") || strings.Contains(text, `"`+up+`"`) {
				return true
			}
		}
	}
	return strings.Contains(text, dir) || strings.Contains(text, path.Base(dir)) ||
		strings.Contains(text, "--initialize") || strings.Contains(text, "install_db") || strings.Contains(text, "install-db") || strings.Contains(text, "initdb")
}

// bootIsKnown reports whether all programs that run when a node begins its life
// can be read, or are those of the system.
func bootIsKnown(p *validate.Package) bool {
	for _, c := range commands(p) {
		if c.image == nil && !slices.Contains([]string{"services.init.cmd", "services.start.cmd"}, c.name) {
			continue
		}
		file, _ := p.Shell(c.text)
		if file == nil {
			return false
		}
		known := true
		eachCall(file, func(call *syntax.CallExpr) {
			name, _ := programOf(callWords(call))
			known = known && knownProgram(p, c, name)
		})
		if !known {
			return false
		}
	}
	return true
}

// servers are programs that make no folders but those that makers knows of.
func servers() []string {
	return strings.Fields("nginx httpd apachectl apache2ctl redis-server memcached haproxy mysqld mongod php-fpm supervisord supervisorctl java kill")
}

func knownProgram(p *validate.Package, c command, name string) bool {
	if systemCommand(name) || slices.Contains(servers(), name) || scriptAt(p, c, name) != nil {
		return true
	}
	for _, role := range p.Roles() {
		if role.Volume != nil && mountAbove(role, path.Clean(name)) != "" {
			return true // what puts it there can be read, or nothing does
		}
	}
	for _, img := range c.imagesOf(p) {
		if pairTo(p, img, name) != nil {
			return true
		}
		if f := rootFile(p, img, name); f != nil {
			_, isText := p.Text(f.Path)
			return isText
		}
	}
	return false
}
