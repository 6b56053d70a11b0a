package rules

import (
	"context"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// emptyVolume finds what an app expects on its volume, which is empty on a new
// cluster, and nothing puts there.
func emptyVolume() validate.Rule {
	return validate.NewRule("empty-volume", validate.Warning, "Something is expected on a volume, and nothing puts it there",
		func(ctx context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, role := range p.Roles() {
				if role.Volume == nil || role.IsReplica {
					continue
				}
				seen := map[string]bool{}
				eachNeed(ctx, p, role, func(n need) {
					mount := mountAbove(role, n.path)
					if mount == "" || seen[n.path] {
						return
					}
					seen[n.path] = true
					m, known := makersOf(p)
					if !known || m.has(n.path) || n.isFile && m.hasFile(n.path) {
						return
					}
					f := r.At(n.pos(), "%s needs %s, which nothing makes: a new volume at %s is empty", n.who, n.path, mount).In(role.Name)
					f.Path, f.Mounts = n.path, validate.Mounts(role)
					f.WithFix("%s", n.fix)
				})
			}
			return ctx.Err()
		})
}

// need is what has to be there before something works.
type need struct {
	who  string // "redis.conf: dir"
	path string
	fix  string
	pos  func() diag.Pos // where it is said; of a rendered file that costs a rendering

	isFile bool
}

// mountAbove is the mount point that a path lies below; "" if there is none.
func mountAbove(role *app.Role, name string) string {
	for _, mount := range validate.Mounts(role) {
		if mount = path.Clean(mount); strings.HasPrefix(name, mount+"/") {
			return mount
		}
	}
	return ""
}

// eachNeed visits what a role's nodes need: by the settings of what is rendered
// and of the image's files, by redirections and programs of scripts and commands.
func eachNeed(ctx context.Context, p *validate.Package, role *app.Role, visit func(need)) {
	type file struct{ dest, content string }
	seen := map[file]bool{}
	for _, o := range outputs(p) {
		f := file{o.Pair.Resource.Dest, o.Content}
		if o.Node.Role == role.Name && o.Err == nil && ctx.Err() == nil && !seen[f] {
			seen[f] = true
			eachSettingNeed(f.dest, f.content, o.OriginAt, visit)
		}
	}
	for _, f := range p.Files() {
		for _, img := range p.App.Images {
			name, inside := strings.CutPrefix(f.Path, img.RootFS+"/")
			if !inside || img.RootFS == "" || !img.UsedBy(role.Name) || !namesFolders.MatchString(path.Base(name)) {
				continue
			}
			if text, ok := p.Text(f.Path); ok && !isShell(f.Path, text) {
				eachSettingNeed("/"+name, text, func(offset int) diag.Pos { return diag.At(f.Path, text, offset) }, visit)
			}
		}
	}
	for _, s := range scripts(p) {
		if s.sure && (s.role == "" || s.role == role.Name) {
			eachShellNeed(s, eventsOf(p, s), visit)
		}
	}
	eachProgramNeed(p, role, visit)
}

// namesFolders are base names of files that have the settings below.
var namesFolders = lazyregexp.New(`\.(conf|cnf|ini|cfg|service|ya?ml)$`)

// prerequisites are settings whose folders a server does not make: of a folder
// itself, or of a file that it opens for writing. The others make theirs.
var prerequisites = []struct {
	file         *lazyregexp.Regexp // base names of its configuration
	dirs, inDirs string
}{
	{lazyregexp.New(`(redis|keydb|valkey|sentinel).*\.conf$`), "dir", "logfile"},
	{lazyregexp.New(`nginx|openresty`), "", "access_log error_log"},
	{lazyregexp.New(`^my.*\.(cnf|ini)$|(mysql|mariadb).*\.cnf$`), "datadir tmpdir innodb_data_home_dir innodb_log_group_home_dir", "log_error log-error"},
	{lazyregexp.New(`^mongo`), "storage.dbPath dbpath", "systemLog.path logpath"},
	{lazyregexp.New(`^postgresql.*\.conf$`), "data_directory", ""},
	{lazyregexp.New(`php|fpm|^www.*\.conf$`), "upload_tmp_dir", "slowlog access.log"},
	{lazyregexp.New(`^supervisor`), "childlogdir", "logfile"},
	{lazyregexp.New(`^haproxy`), "chroot", ""},
	{lazyregexp.New(`\.service$`), "Service.WorkingDirectory", "Service.StandardOutput Service.StandardError"},
	{lazyregexp.New(``), "session.save_path", "stdout_logfile stderr_logfile ErrorLog CustomLog"},
}

func eachSettingNeed(name, text string, at func(int) diag.Pos, visit func(need)) {
	base := path.Base(name)
	for _, s := range reader.Read(name, text) {
		value := path.Clean(s.Value)
		if !path.IsAbs(value) || strings.ContainsAny(value, "$%*{") {
			continue
		}
		isDir, inDir := prerequisite(base, s.Key)
		if inDir {
			value = path.Dir(value)
		}
		if isDir || inDir {
			pos := func() diag.Pos { return at(s.Offset) }
			who := base + ": " + s.Key[strings.LastIndexByte(s.Key, '.')+1:]
			visit(need{who: who, path: value, fix: "let init make it: mkdir -p " + value, pos: pos})
		}
	}
}

// prerequisite reports whether the folder that a setting names, or the one that
// its file is in, has to be there.
func prerequisite(base, key string) (isDir, inDir bool) {
	for _, server := range prerequisites {
		if server.file.MatchString(base) {
			isDir = isDir || isSetting(key, server.dirs)
			inDir = inDir || isSetting(key, server.inDirs)
		}
	}
	return isDir, inDir && !isDir
}

// isSetting reports whether a key, behind the sections it stands in, is one of
// names.
func isSetting(key, names string) bool {
	return slices.ContainsFunc(strings.Fields(names), func(name string) bool {
		return strings.EqualFold(key, name) || strings.HasSuffix(strings.ToLower(key), "."+strings.ToLower(name))
	})
}

// eachShellNeed visits the folders of files that a script writes by
// redirection: the shell makes the file, never the folder; and the settings of
// files that it writes.
func eachShellNeed(s *script, events []shell.Event, visit func(need)) {
	for _, e := range events {
		if strings.ContainsAny(e.Path, "$*?[`{") || !path.IsAbs(e.Path) && e.Op != shell.Option {
			continue
		}
		at := func(offset int) diag.Pos { return s.at(offset) }
		use := func() diag.Pos { return at(e.Use.Offset) }
		switch e.Op {
		case shell.Write, shell.Append:
			dir := path.Dir(path.Clean(e.Path))
			if strings.Contains(s.text, "-d "+dir) || strings.Contains(s.text, `-d "`+dir) || strings.Contains(s.text, "-e "+e.Path) || strings.Contains(s.text, "-f "+e.Path) {
				continue // it looks first
			}
			visit(need{who: "writing to " + e.Path, path: dir, fix: "make the folder first: mkdir -p " + dir, pos: use})
		case shell.Option:
			for _, o := range reader.Option(e.Name, e.Path) {
				if isConfiguration(o.Key, o.Value) && !strings.ContainsAny(o.Value, "$*{") {
					visit(need{who: e.Command + "'s " + o.Key, path: path.Clean(o.Value), fix: "let a template write it, or let init copy it", pos: use, isFile: true})
				}
			}
		case shell.Content:
			eachSettingNeed(e.Path, e.Text, func(offset int) diag.Pos { return at(e.TextAt + offset) }, visit)
		}
	}
}

// isConfiguration reports whether an option of a command names a configuration
// that the program reads.
func isConfiguration(option, name string) bool {
	switch strings.TrimLeft(option, "-") {
	case "c", "f", "config", "conf", "config-file", "config_file", "conf-file", "configFile", "defaults-file", "defaults-extra-file", "configuration", "properties":
		return slices.Contains([]string{".conf", ".cnf", ".cfg", ".ini", ".yml", ".yaml", ".toml", ".json", ".xml", ".properties"}, path.Ext(name))
	}
	return false
}

// eachProgramNeed visits the programs that commands run.
func eachProgramNeed(p *validate.Package, role *app.Role, visit func(need)) {
	for _, c := range commands(p) {
		if c.image == nil && c.role != "" && c.role != role.Name || c.image != nil && !c.image.Image.UsedBy(role.Name) {
			continue
		}
		file, _ := p.Shell(c.text)
		eachCall(file, func(call *syntax.CallExpr) {
			if name, _ := programOf(callWords(call)); path.IsAbs(name) {
				visit(need{who: c.name, path: path.Clean(name), fix: "keep programs elsewhere in the image, or let init copy them", pos: func() diag.Pos { return c.pos }, isFile: true})
			}
		})
	}
}
