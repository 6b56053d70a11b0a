package persist

import (
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// site is a place where a role's nodes are told to put something.
type site struct {
	doc  *doc.Doc
	role *doc.Role
	path string
	kind known.Kind
	sure validate.Confidence
	why  string

	offset  int       // in doc
	from    *origin   // where the path was given, if that is elsewhere
	setting bool      // it is said by a configuration file, which may be about a container
	inside  bool      // it lies in the folder that a program is installed in, which is not known otherwise
	boxed   bool      // it lies in a container itself: the path is one that the container sees
	over    *disk.Map // what is linked where, if that is not as by default
	key     string    // of a setting: its name, or that of the variable that holds it
	server  string    // of a well-known setting: the server that it is of
	below   string    // of a setting with a relative path: the path as it stands
	unsure  bool      // it hangs on a condition about roles that is not known
	needs   needs     // what a script asks for before
	once    bool      // a script makes it, once
	unless  string    // a setting of the table that would say otherwise
	folder  bool      // a script makes it, as a folder
	upload  bool      // a script puts there what a user has brought
	untold  bool      // a server puts it there of its own accord
	asked   bool      // the project asks for it in so many words, though it is the system's own
}

// needs are conditions that a script does something under.
type needs struct {
	alive []string // daemons that run
	there []string // files and folders that are there
}

// origin is a place in another document.
type origin struct {
	doc    *doc.Doc
	offset int
}

// at is where the path was given.
func (s *site) at() (d *doc.Doc, offset int) {
	if s.from != nil {
		return s.from.doc, s.from.offset
	}
	return s.doc, s.offset
}

func (s *site) pos() diag.Pos {
	d, offset := s.at()
	return d.Pos(offset)
}

// eachOwn matches what is each node's own: its address, its ids.
var eachOwn = lazyregexp.New(`\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:i|cln)-[0-9a-z]{8}\b`)

// same is what tells sites of different roles that are the same line of the
// same text from others. Which line of a template it is, is found by rendering it once
// more: of what is rendered alike it is the rest.
func (s *site) same() string {
	if s.doc.Pair != nil && !s.doc.Command {
		return s.alike() + "\x00" + strconv.Itoa(s.doc.Pos(s.offset).Line)
	}
	return s.alike()
}

// alike is what sites have in common that are the same, and few others.
func (s *site) alike() string {
	if s.doc.Pair != nil && !s.doc.Command {
		return s.doc.Given + "\x00" + s.doc.Pair.File + "\x00" + eachOwn.ReplaceAllString(s.doc.LineAt(s.offset), "")
	}
	p := s.doc.Pos(s.offset)
	return s.doc.Given + p.String()
}

// disk is what is linked where for a site.
func (s *site) disk() *disk.Map {
	if s.over != nil {
		return s.over
	}
	return s.role.Disk
}

// javaTemp puts what every JVM on Linux takes for its folder of temporary files.
var javaTemp = strings.NewReplacer("${java.io.tmpdir}", "/tmp", "${sys:java.io.tmpdir}", "/tmp")

// put notes a site. What is no place on this machine is left out.
func (j *project) put(s site) {
	s.path = javaTemp.Replace(strings.TrimSpace(s.path))
	if s.setting && strings.HasPrefix(s.path, "$") {
		s.path = j.pointed(s.role.Itself(), s.path)
	}
	if len(j.sites) >= maxSites || s.kind == known.None || s.kind == known.Unknown || len(s.path) > 400 {
		return
	}
	switch {
	case systemLog(s.path) && !s.asked, disk.Under(disk.Clean(s.path), "/opt/qingcloud/app-agent"):
		return
	case strings.HasPrefix(s.path, "$"):
		if s.inside = j.installed(s.path, s.role); !s.inside {
			return
		}
		s.sure = lower(s.sure, validate.Likely)
	case !strings.HasPrefix(s.path, "/") && (len(s.path) < 3 || s.path[1] != ':'):
		return
	}
	s.role, s.over = s.role.Itself(), j.over
	if s.needs.alive == nil && s.needs.there == nil {
		s.needs = j.needed
	}
	j.sites = append(j.sites, &s)
}

// maxSites bounds what is judged.
const maxSites = 20_000

// systemLog reports whether a path is a log of the operating system itself.
func systemLog(p string) bool {
	rest, ok := strings.CutPrefix(disk.Clean(p), "/var/log/")
	if !ok {
		return false
	}
	first, _, _ := strings.Cut(rest, "/")
	switch first {
	case "messages", "secure", "maillog", "cron", "spooler", "boot.log", "syslog", "auth.log", "kern.log", "mail.log", "mail.err",
		"mail.info", "mail.warn", "daemon.log", "user.log", "lpr.log", "debug", "news", "ufw.log", "dmesg", "wtmp", "btmp", "lastlog",
		"faillog", "dpkg.log", "apt", "yum.log", "dnf.log", "audit", "sa", "sysstat", "journal", "tallylog", "cloud-init.log",
		"cloud-init-output.log", "unattended-upgrades", "alternatives.log", "cron.log", "installer", "anaconda":
		return true
	}
	return false
}

// lower is the smaller of two confidences.
func lower(a, b validate.Confidence) validate.Confidence {
	if rank(a) < rank(b) {
		return a
	}
	return b
}

func rank(c validate.Confidence) int {
	switch c {
	case validate.Certain:
		return 2
	case validate.Likely:
		return 1
	}
	return 0
}

// given is where the path of an event was given: at the variable that holds it,
// if that is all of the path, or already says what lies there.
func (j *project) given(d *doc.Doc, e shell.Event) (path string, from *origin, offset int) {
	path, place := e.Path, e.At
	if b := e.Base; b != nil && strings.Count(b.Text, "/") >= 2 && !strings.Contains(b.Text, "$") {
		if j.table.Path(b.Text) == j.table.Path(e.Path) {
			path, place = b.Text, b.At
		}
	}
	if o, ok := place.Source.(*origin); ok {
		return path, &origin{o.doc, o.offset}, e.Use.Offset
	}
	if place.Offset != e.Use.Offset {
		return path, &origin{d, place.Offset}, e.Use.Offset
	}
	return path, nil, place.Offset
}
