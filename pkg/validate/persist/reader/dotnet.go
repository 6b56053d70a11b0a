package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

var (
	netFile = lazyregexp.New(`(?i)(?:::|\bIO\.)(AppendAllText|AppendAllLines|AppendText|WriteAllText|WriteAllLines|WriteAllBytes|CreateDirectory|StreamWriter)(?:\]::new)?\([ \t]*("[^"]*"|'[^']*'|\$\w+)`)
	netEnv  = lazyregexp.New(`(?i)::SetEnvironmentVariable\([ \t]*["'](\w+)["'][ \t]*,[ \t]*("[^"]*"|'[^']*'|\$\w+)`)
	winTask = lazyregexp.New(`(?i)-Execute[ \t]+["']?([\w:.\\\-]+)["']?[ \t]+-Argument[ \t]+("[^"]*"|'[^']*')|\bschtasks(?:\.exe)?[ \t].*?/tr[ \t]+("[^"]*"|'[^']*')`)
)

// dotNet reads calls of .NET in a line of PowerShell: files that are written, folders
// that are made, variables that are set for all programs.
func (r *windowsReader) dotNet(line string, offset int) {
	for _, m := range netFile.FindAllStringSubmatchIndex(line, 8) {
		key := "open_w"
		switch name := strings.ToLower(line[m[2]:m[3]]); {
		case strings.HasPrefix(name, "append"):
			key = "open_a"
		case name == "createdirectory":
			key = "mkdir"
		}
		r.add(key, line[m[4]:m[5]], offset+m[4], true)
	}
	for _, m := range netEnv.FindAllStringSubmatchIndex(line, 8) {
		r.add("env."+line[m[2]:m[3]], line[m[4]:m[5]], offset+m[4], false)
	}
}

// scheduled reads the command of a task: -Execute robocopy -Argument "…", schtasks /tr "…".
func (r *windowsReader) scheduled(line string, offset int) {
	for _, m := range winTask.FindAllStringSubmatchIndex(line, 4) {
		text, at := "", m[6]
		if m[2] >= 0 {
			text, at = line[m[2]:m[3]]+" "+strings.Trim(line[m[4]:m[5]], `"'`), m[4]
		} else {
			text = strings.Trim(line[m[6]:m[7]], `"'`)
		}
		task := windowsReader{vars: r.vars, secrets: r.secrets}
		task.command(text, 0)
		for _, s := range task.out {
			s.Offset = offset + at
			r.out = append(r.out, s)
		}
	}
}

// nssm is nssm set SERVICE NAME VALUE: the variables of a service, its arguments, or the
// files of its output.
func (r *windowsReader) nssm(words []Piece) {
	if len(words) < 4 || words[0].Path != "set" {
		return
	}
	for _, w := range words[3:] {
		name, value, ok := strings.Cut(strings.Trim(w.Path, `"'`), "=")
		switch key := strings.ToLower(words[2].Path); {
		case strings.HasPrefix(key, "appenvironment") && ok:
			r.add("env."+name, value, w.Offset, false)
		case key == "appparameters":
			for _, s := range Options(strings.ReplaceAll(r.expand(strings.Trim(w.Path, `"'`)), `"`, "")) {
				r.add(s.Key, s.Value, w.Offset, false)
			}
		default:
			r.add(words[2].Path, w.Path, w.Offset, false)
		}
	}
}

// opened is the key of a file that output goes to: of a copy of a database, of one that
// is added to, else name.
func (r *windowsReader) opened(name string, adds bool) string {
	switch {
	case r.dumps:
		return "sql.output"
	case adds:
		return "open_a"
	}
	return name
}

// winDumps reports whether a program prints, or makes, a copy of a database.
func winDumps(name string) bool {
	switch name {
	case "mysqldump", "mariadb-dump", "pg_dump", "pg_dumpall", "mongodump", "mongoexport", "xtrabackup", "mariabackup":
		return true
	}
	return false
}

// dumpOption reports whether an option of such a program names the copy.
func dumpOption(name string) bool {
	switch name {
	case "f", "r", "o", "file", "out", "archive", "result-file", "output", "target-dir":
		return true
	}
	return false
}

// operands are words without switches: xcopy /E from to.
func operands(words []Piece) []Piece {
	var out []Piece
	for _, w := range words {
		if !strings.HasPrefix(w.Path, "/") {
			out = append(out, w)
		}
	}
	return out
}
