package owner

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// startedOnWindows notes the services that a command or a script of Windows starts, and
// gives their names.
func (a *Attribution) startedOnWindows(d *doc.Doc, r *doc.Role) []string {
	var out []string
	for _, service := range reader.WindowsStarts(d.Text) {
		a.Duties.Busy[r] = true
		for _, name := range windowsNames(service) {
			a.Duties.add(name, r, false)
			out = append(out, name)
		}
	}
	return out
}

// windowsNames are what a service of Windows may be called elsewhere: MySQL56 is MySQL,
// WebTomcat and CRMTomcat have tomcat for a word.
func windowsNames(service string) []string {
	parted := camel.ReplaceAllString(acronym.ReplaceAllString(service, "$1-$2"), "$1-$2")
	return []string{service, strings.TrimRight(service, "0123456789."), strings.TrimRight(parted, "0123456789.")}
}

// Where words of a name that is written together meet.
var (
	acronym = lazyregexp.New(`([A-Z])([A-Z][a-z])`)
	camel   = lazyregexp.New(`([a-z])([A-Z])`)
)

// installs matches what a script of Windows tells the manager of a service, with its name:
// nssm set web AppStdout, tomcat9 //IS//web.
var installs = lazyregexp.New(`(?i)\bset[ \t]+"?([\w.\-]+)"?[ \t]+App[a-z]+|//(?:IS|US)//([\w.\-]+)`)

// installsFor are the roles that start the services which a script of Windows installs.
func (a *Attribution) installsFor(d *doc.Doc) []*doc.Role {
	if d.Format != reader.PowerShell {
		return nil
	}
	var out []*doc.Role
	for _, m := range installs.FindAllStringSubmatch(d.Text, 50) {
		out = append(out, a.Duties.Of(m[1]+m[2])...)
	}
	return a.inOrder(out)
}

// InstalledAt is the service of Windows that the line of a script is about; "" where it is
// about none.
func InstalledAt(d *doc.Doc, offset int) string {
	if d.Format != reader.PowerShell {
		return ""
	}
	m := installs.FindStringSubmatch(d.LineAt(offset))
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}
