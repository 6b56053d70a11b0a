package known

import (
	"path"
	"slices"
	"strings"
)

// pathWords is [paths] of the table.
type pathWords struct {
	kinds      map[string]Kind
	not        map[string]bool // as the last part
	within     map[string]bool // as the part before it
	logEnds    []string
	staticEnds []string
}

func newPathWords(lists map[string][]string) pathWords {
	w := pathWords{kinds: map[string]Kind{}, not: map[string]bool{}, within: map[string]bool{}}
	for name, words := range lists {
		switch name {
		case "not":
			for _, x := range words {
				w.not[x] = true
			}
		case "within":
			for _, x := range words {
				w.within[x] = true
			}
		case "log_ends":
			w.logEnds = words
		case "static_ends":
			w.staticEnds = words
		default:
			for _, x := range words {
				w.kinds[x] = Kind(name)
			}
		}
	}
	return w
}

// Path says what a path holds by its names: None for configuration, programs,
// pid files, sockets; Unknown where nothing is told.
func (t *Table) Path(p string) Kind {
	p = strings.ToLower(strings.TrimRight(strings.ReplaceAll(p, `\`, "/"), "/"))
	base := path.Base(p)
	if strings.HasPrefix(p, "/var/log/") && hasEnd(base, []string{".json", ".xml", ".html", ".gz", ".tgz", ".zip"}) {
		return Log
	}
	if hasEnd(strings.TrimRight(base, ".$"), t.paths.staticEnds) || strings.HasSuffix(base, "cache") { // x.conf.$$ becomes x.conf
		return None
	}
	if hasEnd(strings.TrimRight(base, ".0123456789"), t.paths.logEnds) || strings.HasPrefix(p, "/var/log/") {
		return Log
	}
	if k := byRoot(p); k != Unknown {
		return k
	}
	return t.bySegments(strings.Split(strings.Trim(p, "/"), "/"))
}

func hasEnd(base string, ends []string) bool {
	for _, end := range ends {
		if strings.HasSuffix(base, end) {
			return true
		}
	}
	return false
}

// byRoot knows folders that the File Hierarchy Standard gives a meaning.
func byRoot(p string) Kind {
	for _, dir := range []string{
		"/var/lib/dpkg", "/var/lib/apt", "/var/lib/yum", "/var/lib/rpm", "/var/lib/systemd", "/var/lib/dhcp", "/var/lib/dhclient",
		"/var/lib/cloud", "/var/lib/ntp", "/var/lib/chrony", "/var/lib/alternatives", "/var/lib/rsyslog", "/var/lib/logrotate", "/var/lib/node_exporter", "/var/lib/node-exporter", "/var/lib/prometheus/node-exporter",
		"/var/lib/misc", "/var/lib/haproxy", "/var/lib/update-notifier", "/var/lib/nfs", "/var/lib/initramfs-tools", "/var/lib/locales",
		"/var/lib/polkit-1", "/var/lib/ca-certificates", "/var/lib/ca-certificates-java", "/var/lib/sudo", "/var/lib/snapd", "/var/spool/cron", "/var/spool/rsyslog", "/var/spool/anacron", "/var/spool/postfix",
		"/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/libexec", "/usr/include", "/usr/local/bin", "/usr/local/sbin",
		"/usr/local/lib", "/usr/local/etc", "/bin", "/sbin", "/lib", "/lib64", "/boot", "/etc",
	} {
		if p == dir || strings.HasPrefix(p, dir+"/") {
			return None
		}
	}
	switch {
	case strings.HasPrefix(p, "/var/lib/"):
		return Data
	case strings.HasPrefix(p, "/var/backups/"), strings.HasPrefix(p, "/root/") && slices.Contains(Words(p[len("/root/"):]), "export"):
		return Backup
	}
	return Unknown
}

// Database reports whether a path is, by its name, that of a file with a database
// in it.
func Database(p string) bool {
	return hasEnd(strings.ToLower(path.Base(p)), []string{".sqlite", ".sqlite3", ".db", ".db3", ".rdb", ".duckdb", ".mdb"})
}

// Record reports whether a file is, by its end, one that programs add what they see to,
// or keep what they know in, and that is configuration for others: what it is hangs on
// what is done with it.
func Record(p string) bool {
	return hasEnd(strings.ToLower(path.Base(strings.ReplaceAll(p, `\`, "/"))), []string{".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".dat", ".history", ".html"})
}

// Sample reports whether a file is, by its name, what a program counts from the next
// time, a copy of what others know, or a sign for others: it need not last.
func Sample(p string) bool {
	for _, w := range Words(path.Base(p)) {
		switch w {
		case "cache", "stat", "stats", "metric", "metrics", "monitor", "sample", "lock", "pid", "tmp", "temp", "last":
			return true
		}
	}
	return false
}

// bySegments looks at the folders from the last one up.
func (t *Table) bySegments(segments []string) Kind {
	n := len(segments)
	if t.paths.not[segments[n-1]] || n > 1 && t.paths.within[segments[n-2]] {
		return None
	}
	for i := n - 1; i >= 0; i-- {
		for _, w := range Words(segments[i]) {
			if k := t.paths.kinds[w]; k != Unknown {
				return k
			}
			if strings.HasSuffix(w, "backup") || strings.HasSuffix(w, "backups") { // pgbackup
				return Backup
			}
		}
	}
	if len(segments) > 0 && strings.HasPrefix(segments[0], "data") {
		return Data
	}
	return Unknown
}
