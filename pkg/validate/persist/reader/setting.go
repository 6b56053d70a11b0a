package reader

import (
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// maxSettings bounds what is read from one file.
const maxSettings = 5000

// Setting is a name with a path that it is set to.
type Setting struct {
	Key    string // with the names of sections and parents before it, joined by dots
	Value  string // the path, without quotes; variables as they stand ($x, ${x})
	Offset int    // of the value in the text
	Later  bool   // words stand before the path in the value
	Write  bool   // the file itself says that it is written to: a redirection, a handler of logs
	From   string // of a copy: what is copied
	Of     string // of an option: the key whose value is the command that has it
	Made   string // what is put there that is made once: a secret, a certificate
	Guard  bool   // of Made: only where it, or another file, is not there yet
}

// Format is how a file is written.
type Format int

// The formats. Lines is anything with a setting on each line: properties,
// ini, nginx, apache, haproxy, redis, PHP's arrays, …
const (
	Lines Format = iota
	YAML
	XML
	JSON
	Unit    // of systemd
	Rsyslog // rsyslog.conf and what it includes
	Python
	Shell // not read here
	Logrotate
	Exports    // of an NFS server
	Cron       // not read here
	Dockerfile // not read here
	PowerShell // of Windows, and what cmd.exe runs
	SQL        // statements for a database
	JavaScript // not read here, but for what it takes out of the environment
	Nothing    // text for people, programs, certificates
)

// FormatOf tells a file's format by its name (as on the node, or in the
// repository) and by its text.
func FormatOf(name, text string) Format {
	name = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(name), ".tmpl"), ".j2")
	base := path.Base(name)
	if f, ok := byPlace(name, base); ok {
		return f
	}
	switch path.Base(path.Dir(name)) {
	case "cron.hourly", "cron.daily", "cron.weekly", "cron.monthly":
		if !strings.HasPrefix(text, "#!") {
			return Shell
		}
	}
	if f, ok := byExtension[path.Ext(base)]; ok {
		return f
	}
	if path.Ext(base) == ".config" && strings.HasPrefix(strings.TrimSpace(text), "<") {
		return XML
	}
	return byText(text)
}

var byExtension = map[string]Format{
	".yml": YAML, ".yaml": YAML, ".xml": XML, ".json": JSON,
	".service": Unit, ".container": Unit, ".mount": Unit, ".socket": Unit, ".timer": Unit, ".path": Unit,
	".py": Python, ".sh": Shell, ".bash": Shell, ".env": Shell, ".profile": Shell,
	".ps1": PowerShell, ".psm1": PowerShell, ".bat": PowerShell, ".cmd": PowerShell, ".sql": SQL,
	".properties": Lines, ".ini": Lines, ".cnf": Lines, ".toml": Lines, ".php": Lines, ".hocon": Lines,
	".md": Nothing, ".txt": Nothing, ".html": Nothing, ".htm": Nothing, ".css": Nothing, ".rst": Nothing,
	".js": JavaScript, ".mjs": JavaScript, ".cjs": JavaScript, ".ts": JavaScript,
	".crt": Nothing, ".pem": Nothing, ".key": Nothing, ".svg": Nothing, ".csv": Nothing,
	".lua": Nothing, ".rb": Nothing, ".go": Nothing, ".java": Nothing, ".c": Nothing, ".h": Nothing, ".pl": Nothing,
}

// byPlace knows files by the folder they lie in or by their whole name.
func byPlace(name, base string) (Format, bool) {
	dir := path.Base(path.Dir(name))
	switch {
	case dir == "rsyslog.d", strings.HasPrefix(base, "rsyslog") && strings.HasSuffix(base, ".conf"):
		return Rsyslog, true
	case dir == "logrotate.d", strings.HasPrefix(base, "logrotate"):
		return Logrotate, true
	case dir == "cron.d", base == "crontab", dir == "crontabs":
		return Cron, true
	case base == "dockerfile", strings.HasPrefix(base, "dockerfile."), strings.HasSuffix(base, ".dockerfile"):
		return Dockerfile, true
	case base == "exports", dir == "exports.d", strings.HasSuffix(base, ".exports"):
		return Exports, true
	case base == "gitlab.rb", base == "puma.rb", base == "unicorn.rb", strings.HasSuffix(base, ".cfg.lua"), strings.HasSuffix(base, ".conf.lua"), base == "settings.js", base == "config.js", dir == "config" && strings.HasSuffix(base, ".js"), strings.HasSuffix(base, ".config.js"), strings.HasPrefix(base, "ecosystem") && strings.HasSuffix(base, ".js"):
		return Lines, true
	case dir == "default" || dir == "sysconfig", dir == "init.d", dir == "profile.d", base == ".env", base == "env", base == "envvars", base == ".bashrc", base == ".bash_profile", base == ".profile", base == "bash.bashrc":
		return Shell, true
	case strings.HasPrefix(base, "readme"), strings.HasPrefix(base, "license"), strings.HasPrefix(base, "changelog"):
		return Nothing, true
	}
	return 0, false
}

func byText(text string) Format {
	head := strings.TrimSpace(text[:min(len(text), 512)])
	first, _, _ := strings.Cut(head, "\n")
	switch {
	case strings.HasPrefix(first, "#!"):
		return interpreter(first)
	case strings.HasPrefix(head, "<?xml"), strings.HasPrefix(head, "<configuration"):
		return XML
	case strings.HasPrefix(head, "{") && strings.Contains(head, `"`):
		return JSON
	case strings.Contains(text, "[Service]\n"), strings.Contains(text, "[Unit]\n"):
		return Unit
	case strings.Contains(text, "$ModLoad"), strings.Contains(text, "$programname"), strings.Contains(text, `"imfile"`),
		strings.Contains(text, `"omfile"`), strings.Contains(text, "$InputFileName"):
		return Rsyslog
	case hasNested(text):
		return YAML
	case isCrontab(text):
		return Cron
	}
	return Lines
}

// A key of YAML that stands alone on its line, and one below it.
var (
	keyAlone = lazyregexp.New(`^[A-Za-z][\w.\-]*:[ \t]*\r?\n$`)
	keyBelow = lazyregexp.New(`^[ \t]+[A-Za-z"'][\w.\-"']*:(?:[ \t\n]|$)`)
)

// hasNested reports whether a key has keys below it, as in YAML: mongod.conf is that,
// whatever its name says.
func hasNested(text string) bool {
	alone := false
	for line := range strings.Lines(text) {
		switch {
		case !alone:
		case strings.HasPrefix(strings.TrimLeft(line, " \t"), "#"):
			continue
		case keyBelow.MatchString(line):
			return true
		}
		alone = strings.HasSuffix(strings.TrimRight(line, " \t\r\n"), ":") && keyAlone.MatchString(line)
	}
	return false
}

func interpreter(line string) Format {
	switch {
	case strings.Contains(line, "python"):
		return Python
	case strings.Contains(line, "sh"):
		return Shell
	}
	return Nothing
}

// Read are the settings of a file: name is the file's path on the node, as far
// as it is known, or in the repository.
func Read(name, text string) []Setting {
	var out []Setting
	switch FormatOf(name, text) {
	case Lines:
		out = append(attached(name, text, readLines(text)), append(readDAV(text), readZones(text)...)...)
	case YAML:
		out = readYAML(text)
	case XML:
		out = readXML(text)
	case JSON:
		out = readJSON(text)
	case Unit:
		out = readUnit(text)
	case Rsyslog:
		out = readRsyslog(text)
	case Python:
		out = readPython(name, text)
	case PowerShell:
		out = readWindows(text).out
	case Logrotate:
		out = readLogrotate(text)
	case Exports:
		out = readExports(text)
	case SQL:
		out = readSQL(text)
	}
	return resolve(out[:min(len(out), maxSettings)])
}
