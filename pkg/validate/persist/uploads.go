package persist

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// argument matches what a script was called with.
var argument = lazyregexp.New(`^\$\{?[1-9]\}?$`)

// brings reports whether a script puts somewhere what users bring: a file that it was
// called with, where it is called like that (upload_plugin.sh, import-cert), or what they
// name to a service of the app's own.
func (j *project) brings(d *doc.Doc, r *doc.Role, e shell.Event, kind known.Kind) bool {
	if e.Op != shell.Copy || d.Build || d.Generated || kind != known.None && kind != known.Unknown || !strings.HasPrefix(e.Path, "/") {
		return false
	}
	if !argument.MatchString(e.From) {
		return fetches(e.Command) && j.onRequest(d, r, e)
	}
	return slices.ContainsFunc(known.Words(doc.Stem(path.Base(d.Node))), func(w string) bool {
		switch w {
		case "upload", "uploads", "import", "plugin", "plugins", "addon", "extension", "custom", "receive":
			return true
		}
		return false
	})
}

// fetches reports whether a command gets something from elsewhere, or unpacks it.
func fetches(command string) bool {
	switch command {
	case "curl", "wget", "git", "unzip", "tar":
		return true
	}
	return false
}

// named matches what tells a function of a script what its user has named.
var named = lazyregexp.New(`\$\{?[1-9@*]|service_params`)

// onRequest reports whether something is done by a function, or a branch, that a service
// of the app's own calls with what its user has named.
func (j *project) onRequest(d *doc.Doc, r *doc.Role, e shell.Event) bool {
	if !j.services[d.File]["init"] && len(j.services[d.File]) > 0 && ownOnly(j.services[d.File]) {
		return named.MatchString(d.Text)
	}
	return slices.ContainsFunc(j.docs, func(c *doc.Doc) bool {
		return c.Service != "" && !ofPlatform(c.Service) && c.Role == r.Itself() && slices.ContainsFunc(e.Within, func(name string) bool {
			return len(name) > 2 && slices.Contains(strings.Fields(c.Text), name) && named.MatchString(bodyOf(d.Text, name))
		})
	})
}

// bodyOf is what a script has in a function, or in a branch of a case.
func bodyOf(text, name string) string {
	head, err := regexp.Compile(`(?m)^[ \t]*(?:function[ \t]+)?["']?` + regexp.QuoteMeta(name) + `["']?[ \t]*(?:\(\)[ \t]*\{?|\{|\))`)
	if err != nil {
		return ""
	}
	at := head.FindStringIndex(text)
	if at == nil {
		return ""
	}
	body := text[at[1]:]
	for _, end := range []string{"\n}", ";;"} {
		if i := strings.Index(body, end); i >= 0 {
			body = body[:i]
		}
	}
	return body
}

// uploadsNamed adds the settings that name the folder in which a script puts what users
// bring: that is a place to mend, too.
func (j *project) uploadsNamed() {
	done := map[*doc.Role]map[string]bool{}
	for _, s := range slices.Clone(j.sites) {
		dir, _ := disk.Known(s.path)
		if path.Ext(dir) != "" {
			dir = path.Dir(dir)
		}
		if !s.upload || done[s.role][dir] {
			continue
		}
		if done[s.role] == nil {
			done[s.role] = map[string]bool{}
		}
		done[s.role][dir] = true
		j.alsoNamed(s, dir)
	}
}

// dumpsNamed adds the constants of programs that name the folder into which a command of
// theirs puts a copy of a database.
func (j *project) dumpsNamed() {
	for _, s := range slices.Clone(j.sites) {
		if s.kind != known.Backup || s.setting || s.doc.Node != pythonCommand {
			continue
		}
		dir, _ := disk.Known(s.path)
		if path.Ext(dir) != "" {
			dir = path.Dir(dir)
		}
		for _, n := range j.named[s.role][dir] {
			if n.doc.Format == reader.Python {
				n.kind, n.sure, n.why = s.kind, s.sure, s.why
				j.put(n)
			}
		}
	}
}
