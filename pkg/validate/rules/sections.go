package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// Formats of sections: INI and its kin, options of MySQL, configuration of Apache.

// sectionFault finds the head of a section that does not end. Readers of such
// files differ in the rest.
func sectionFault(content string) (int, string) {
	number, goesOn := 0, false
	for line := range strings.Lines(content) {
		number++
		text := strings.TrimSpace(line)
		if !goesOn && strings.HasPrefix(text, "[") && !strings.Contains(text, "]") {
			return number, "the head of a section has no ]: " + text
		}
		goesOn = strings.HasSuffix(text, `\`)
	}
	return 0, ""
}

// isMySQL reports whether a file has options of MySQL, by its path.
func isMySQL(dest string) bool {
	folders := []string{"mysql", "my.cnf.d", "mysql.conf.d", "mariadb.conf.d"}
	return path.Ext(dest) == ".cnf" && (mysqlFile.MatchString(path.Base(dest)) || slices.Contains(folders, path.Base(path.Dir(dest))))
}

var mysqlFile = lazyregexp.New(`^(\.?my|mysqld|mariadb|galera)[\w-]*\.cnf$`)

// mysqlFault is sectionFault, and an option before the first section: MySQL's
// programs end there.
func mysqlFault(content string) (int, string) {
	number := 0
	for line := range strings.Lines(content) {
		number++
		switch text := strings.TrimSpace(line); {
		case text == "" || strings.ContainsRune("#;!", rune(text[0])):
		case text[0] == '[':
			return sectionFault(content)
		default:
			return number, "an option stands before the first section: " + text
		}
	}
	return 0, ""
}

// isApache reports whether a file is configuration of Apache's web server, by its path.
func isApache(dest string) bool {
	switch path.Base(dest) {
	case "httpd.conf", "apache2.conf":
		return true
	}
	return path.Ext(dest) == ".conf" && slices.ContainsFunc(strings.Split(dest, "/"), func(step string) bool {
		return step == "httpd" || step == "apache2"
	})
}

// apacheTag is a line that opens or closes a section.
var apacheTag = lazyregexp.New(`^<(/?)([A-Za-z]\w*)([^>]*)(>?)`)

// apacheFault finds sections of Apache that do not end, or end where none begins.
// A file with sections in another language is taken as it is.
func apacheFault(content string) (int, string) {
	type section struct {
		name string
		line int
	}
	var open []section
	number, goesOn := 0, false
	for line := range strings.Lines(content) {
		number++
		text := strings.TrimSpace(line)
		m := apacheTag.FindStringSubmatch(text)
		if goesOn {
			m = nil
		}
		goesOn = strings.HasSuffix(strings.TrimRight(line, "\r\n"), `\`)
		if m == nil || goesOn {
			continue
		}
		switch name := strings.ToLower(m[2]); {
		case name == "perl" || name == "macro":
			return 0, ""
		case m[4] == "":
			return number, "a section's head does not end with >: " + text
		case m[1] == "":
			open = append(open, section{name, number})
		case len(open) == 0:
			return number, fmt.Sprintf("%s closes no section", text)
		case open[len(open)-1].name != name:
			return number, fmt.Sprintf("%s stands where <%s> of line %d is to be closed", text, open[len(open)-1].name, open[len(open)-1].line)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return open[len(open)-1].line, fmt.Sprintf("the section is not closed: </%s> is missing", open[len(open)-1].name)
	}
	return 0, ""
}
