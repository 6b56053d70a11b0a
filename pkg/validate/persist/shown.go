package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// speaksOf reports whether a file of the role's has a word.
func (p *putting) speaksOf(word string) bool {
	return slices.ContainsFunc(p.docs, func(d *doc.Doc) bool {
		return (d.Build || d.Of(p.role)) && !d.Command && (strings.Contains(d.Text, word) || strings.Contains(d.Node, word))
	})
}

// isShown reports whether the repository shows how the server is set up: it makes the image
// with it, or has the files of its own folder, or those of the system's configuration as
// they lie in the image. What these do not say is as it comes; else a file may say it that
// the repository does not have.
func (p *putting) isShown(s *start) bool {
	tells := func(d *doc.Doc) bool { // what only the environment says stands in a file of the environment
		return p.isSettings(d) && s.hasIn(d) && (doc.IsEnv(d.Node) || len(p.Variables()) < len(p.Unless))
	}
	if slices.ContainsFunc(p.docs, func(d *doc.Doc) bool { return p.installs(d) || tells(d) }) {
		return true
	}
	changed := func(d *doc.Doc) bool { return p.isSettings(d) && p.isOfServer(d) }
	return slices.ContainsFunc(p.docs, p.isInEtc) && slices.ContainsFunc(p.docs, changed)
}

// installs reports whether a document makes an image with the server.
func (p *putting) installs(d *doc.Doc) bool {
	if of := d.Of(p.role) || d.Owners != nil && doc.SharesImage(d.Owners.Roles, []*doc.Role{p.role}); d.Command || !of || !d.Build && !ansible.IsPlaybook(d.Rel, d.Text) && !installing.MatchString(d.Text) {
		return false
	}
	text := strings.ToLower(d.Text)
	if d.Format == reader.Dockerfile { // the server's own image has it otherwise
		_, text, _ = strings.Cut(text, "\n")
	}
	return slices.ContainsFunc(strings.FieldsFunc(text, notInPackage), func(word string) bool {
		return slices.ContainsFunc(p.names(), func(name string) bool { return word == name || strings.HasPrefix(word, name+"-") })
	})
}

// isSettings reports whether a document is a file of settings that the role has.
func (p *putting) isSettings(d *doc.Doc) bool {
	switch d.Format {
	case reader.Unit, reader.Logrotate, reader.Python, reader.Cron, reader.JavaScript:
		return false
	case reader.Shell:
		return !d.Command && d.Of(p.role) && doc.IsEnv(d.Node)
	}
	return !d.Command && d.Of(p.role)
}

// isInEtc reports whether a document is a file of the system's configuration as it lies in
// the role's image.
func (p *putting) isInEtc(d *doc.Doc) bool {
	return d.Pair == nil && d.Of(p.role) && strings.HasPrefix(d.Node, "/etc/") && !strings.HasPrefix(d.Node, "/etc/confd/")
}

// isOfServer reports whether a file is one of the server's by its name, or its folder's.
func (p *putting) isOfServer(d *doc.Doc) bool {
	named := func(word string) bool { return slices.Contains(p.names(), word) }
	return slices.ContainsFunc(p.table.Servers(d.Node), named) || slices.ContainsFunc(strings.Split(strings.ToLower(path.Dir(d.Node)), "/"), named)
}

// names are what the server is called: as a product, and as services.
func (p *putting) names() []string {
	out := []string{strings.ToLower(p.server.Name)}
	for _, name := range p.server.Starts {
		if !strings.ContainsAny(name, "*/") {
			out = append(out, name)
		}
	}
	return out
}

// installing matches what scripts install packages with.
var installing = lazyregexp.New(`\b(?:yum|dnf|apt|apt-get|apk|zypper)[ \t]+(?:-\S+[ \t]+)*(?:install|add)\b`)

// notInPackage reports whether a character ends the name of a package.
func notInPackage(c rune) bool {
	return c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9')
}
