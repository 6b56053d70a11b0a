package persist

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
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

// defaults notes the places that servers choose where nothing tells them another:
// of main configuration files that are whole, and that a role is known to have.
func (j *project) defaults() {
	for _, d := range j.docs {
		if d.Format == reader.Unit && !d.Build {
			j.defaultsOfUnit(d)
		}
		if d.Build || d.Command || d.Pair == nil && !strings.HasPrefix(d.Node, "/") {
			continue
		}
		for _, def := range j.table.Defaults(d.Node, d.Text) {
			offset := def.Offset(d.Text)
			for _, r := range j.roles {
				if !d.Of(r) || d.Owners != nil && d.Owners.Open && (def.Why == "" || !d.InImage) || def.Overridden(j.told[r]) || j.included(d) {
					continue
				}
				why := def.Why
				if why == "" {
					why = "the default of " + def.Name + ", since nothing sets " + def.Unless[0]
				}
				j.put(site{
					doc: d, role: r, path: def.Path, kind: def.Kind, sure: validate.Confidence(def.Sure), offset: offset, setting: true, why: why, asked: def.Why != "",
				})
			}
		}
	}
}

// defaultsOfUnit notes where the program of a unit puts what its command line does not
// mention: below the folder that it runs in.
func (j *project) defaultsOfUnit(d *doc.Doc) {
	dir, offset := "/", -1 // systemd's own choice
	for _, l := range reader.UnitLines(d.Text) {
		if l.Key == "WorkingDirectory" {
			dir, offset = l.Value, l.Offset
		}
	}
	for _, l := range reader.UnitLines(d.Text) {
		words := strings.Fields(strings.TrimLeft(l.Value, "-@+!:"))
		if l.Key != "ExecStart" || len(words) == 0 || !strings.HasPrefix(dir, "/") {
			continue
		}
		at := offset
		if at < 0 {
			at = l.Offset
		}
		for _, def := range j.table.ByCommand(path.Base(words[0]), strings.ReplaceAll(l.Value, "\\\n", " ")) {
			for _, r := range j.roles {
				if !d.Of(r) || d.Owners != nil && d.Owners.Open || def.Overridden(j.told[r]) || j.toldOtherwise(r, words) {
					continue
				}
				j.put(site{
					doc: d, role: r, path: path.Join(dir, def.Path), kind: def.Kind, sure: validate.Confidence(def.Sure), offset: at, setting: true,
					why: "the default of " + def.Name + " in the folder that it runs in, since no --" + def.Unless[0] + " is given",
				})
			}
		}
	}
}

// toldOtherwise reports whether a word of a command line is a variable that nothing here
// sets for a role: it may hold any option.
func (j *project) toldOtherwise(r *doc.Role, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		name := strings.Trim(w, `"'${}`)
		return strings.HasPrefix(strings.Trim(w, `"'`), "$") && len(r.Vars[name]) == 0
	})
}

// included reports whether a file reads others that are not here, which may say
// more.
func (j *project) included(d *doc.Doc) bool {
	return strings.Contains(d.Text, "!include") && d.Pair == nil
}
