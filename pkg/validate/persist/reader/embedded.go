package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// embeddedURL matches the address of a database that is a file: SQLAlchemy's
// sqlite:////x (the fourth slash is the path's), jdbc:h2:file:/x, Data Source=/x of .NET.
var embeddedURL = lazyregexp.New(`(?:sqlite3?|duckdb)(?:\+\w+)?:(/+[^;?"'\s,}]+)|(?:jdbc:(?:sqlite|h2|hsqldb|derby)(?::file|:nio|:split)?:|jdbc:derby:;databaseName=|(?i:data source)=)((?:/|[A-Za-z]:[/\\])[^;?"'\s,}]+)`)

// Embedded is the file that a database lies in, where a value is such an address.
func Embedded(value string) (Setting, bool) {
	url := strings.Contains(value, ":/") && (strings.Contains(value, "sqlite") || strings.Contains(value, "duckdb") || strings.Contains(value, "="))
	if !url && !strings.Contains(value, "jdbc:") && !strings.Contains(value, "ource=") {
		return Setting{}, false
	}
	m := embeddedURL.FindStringSubmatchIndex(value)
	if m == nil {
		return Setting{}, false
	}
	from, to := m[2], m[3]
	if from < 0 {
		from, to = m[4], m[5]
	}
	slashes := len(value[from:to]) - len(strings.TrimLeft(value[from:to], "/"))
	switch {
	case slashes > 3:
		from += 3
	case slashes > 1: // relative, or of another machine
		return Setting{}, false
	}
	return Setting{Key: "embedded.database", Value: value[from:to], Offset: from}, true
}
