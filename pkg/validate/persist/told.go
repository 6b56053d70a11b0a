package persist

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// noteSet notes that something tells a role where a server puts what a setting is
// about.
func (j *project) noteSet(r *doc.Role, key string) {
	r = r.Itself()
	if j.told[r] == nil {
		j.told[r] = map[string]bool{}
	}
	j.told[r][key] = true
}

// noteMerely notes that a variable of a file is what a server is told as a default: it
// counts where the setting unless says nothing.
func (j *project) noteMerely(r *doc.Role, given *shell.Value, unless string) {
	o, ok := given.At.Source.(*origin)
	if !ok || unless == "" {
		return
	}
	r = r.Itself()
	if j.merely[r] == nil {
		j.merely[r] = map[string]string{}
	}
	j.merely[r][lineOf(o.doc, o.offset)] = unless
}

// lineOf names a line of a file.
func lineOf(d *doc.Doc, offset int) string {
	p := d.Pos(offset)
	return p.File + ":" + strconv.Itoa(p.Line)
}

// overridden reports whether a setting says otherwise than a site, which is a default.
func (j *project) overridden(s *site) bool {
	unless := s.unless
	if unless == "" && s.setting {
		unless = j.merely[s.role][lineOf(s.doc, s.offset)]
	}
	return unless != "" && j.told[s.role][unless]
}

// toldAny reports whether something tells some role a setting: daemons of one product
// share their files, or have each their own.
func (j *project) toldAny(key string) bool {
	return slices.ContainsFunc(j.roles, func(r *doc.Role) bool { return j.told[r][key] })
}

// isTold reports whether something else than the server's configuration file tells the role
// where it is put, or says more of that place; s is how the server is started, if that is
// what shows it.
func (p *putting) isTold(at string, s *start) bool {
	if p.Overridden(p.told[p.role]) || p.isNoted(at) {
		return true
	}
	variables, clean := p.Variables(), strings.TrimSuffix(p.Path, "/")
	return slices.ContainsFunc(p.docs, func(d *doc.Doc) bool {
		switch {
		case !d.Build && !d.Of(p.role):
			return false
		case slices.ContainsFunc(variables, func(name string) bool { return setsVariable(d.Text, name) }):
			return true
		case s != nil && s.hasIn(d) && d.Format != reader.Shell && p.Told(d.Text):
			return true
		case slices.Contains(p.Beside, path.Base(d.Node)) && (s == nil || s.home() == "" || s.hasIn(d)):
			return true
		}
		return s != nil && len(clean) > 4 && edits(d.Text, clean)
	})
}

// isNoted reports whether it is known already that the role puts something there.
func (p *putting) isNoted(at string) bool {
	at = disk.Clean(at)
	return slices.ContainsFunc(p.sites, func(s *site) bool {
		return s.role == p.role && !s.untold && disk.Under(disk.Clean(s.path), at)
	})
}

// setsVariable reports whether a line of a text, which is no comment, sets a variable.
func setsVariable(text, name string) bool {
	for rest, from := text, 0; ; {
		at := strings.Index(rest, name)
		if at < 0 {
			return false
		}
		begin, after := from+at, rest[at+len(name):]
		alone := begin == 0 || !doc.OfWord(text[begin-1]) && text[begin-1] != '$' && text[begin-1] != '{'
		line := strings.TrimSpace(text[strings.LastIndexByte(text[:begin], '\n')+1 : begin])
		if after != "" && alone && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, ";") && (strings.IndexByte("=:", after[0]) >= 0 || after[0] == ' ' && strings.HasSuffix(line, "ENV")) {
			return true
		}
		from, rest = begin+len(name), after
	}
}

// editing matches a line that changes what stands in files, or takes folders elsewhere.
var editing = lazyregexp.New(`\b(?:sed|perl|crudini|augtool|awk|lineinfile|replace|regexp|cp|mv|rsync)\b`)

// edits reports whether a text changes a path where it stands in files, or takes it elsewhere.
func edits(text, p string) bool {
	for line := range strings.Lines(text) {
		if strings.Contains(strings.ReplaceAll(line, `\/`, "/"), p) && editing.MatchString(line) {
			return true
		}
	}
	return false
}
