package persist

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// verdict is a site that is off the role's volumes.
type verdict struct {
	*site
	confidence validate.Confidence
	inArea     bool   // the app has volumes there, for other roles at least
	absent     string // a program that may link it to a volume, and that the repository has not
}

// judge keeps the sites that are off their role's volumes, and says how sure
// that is.
func (j *project) judge() []verdict {
	for _, d := range j.docs {
		if d.Pair != nil && d.Role != nil && !d.Command {
			j.renders[d.Pair]++
		}
	}
	j.writtenBy()
	var out []verdict
	for _, g := range j.grouped() {
		out = append(out, j.verdicts(g)...)
	}
	return once(out)
}

// grouped are the groups of sites of which some are off their role's volumes.
func (j *project) grouped() []*group {
	alike, wrong := make([]string, len(j.sites)), map[string]bool{}
	seen, off := make([]*site, len(j.sites)), make([]bool, len(j.sites))
	for i, s := range j.sites {
		if seen[i] = s; s.setting && j.seenInside(s) {
			seen[i], off[i] = j.outside(s)
		} else {
			off[i] = j.isOff(s)
		}
		alike[i] = s.alike()
		wrong[alike[i]] = wrong[alike[i]] || off[i]
	}
	groups := map[string]*group{}
	var order []*group
	for i, s := range j.sites {
		if !wrong[alike[i]] {
			continue
		}
		key := s.same()
		if groups[key] == nil {
			groups[key] = &group{}
			order = append(order, groups[key])
		}
		groups[key].add(seen[i], off[i])
	}
	return order
}

// once keeps one of the verdicts that say the same of one line for one role: of
// a folder and what is in it the latter, of the rest the surest. What other parameters
// than the default ones bring about is left out where the line is wrong anyway.
func once(all []verdict) []verdict {
	type line struct {
		file string
		line int
		role *doc.Role
	}
	byLine := map[line][]verdict{}
	var order []line
	for _, v := range all {
		p := v.pos()
		at := line{p.File, p.Line, v.role}
		if byLine[at] == nil {
			order = append(order, at)
		}
		if v.doc.Given == "" || !slices.ContainsFunc(byLine[at], func(old verdict) bool { return old.doc.Given != v.doc.Given }) {
			byLine[at] = merge(byLine[at], v)
		}
	}
	var out []verdict
	for _, at := range order {
		out = append(out, byLine[at]...)
	}
	return out
}

func merge(list []verdict, v verdict) []verdict {
	for i, old := range list {
		a, b := disk.Clean(old.path), disk.Clean(v.path)
		if old.once && v.once && old.kind == v.kind {
			return list // a key and its certificate
		}
		if !disk.Under(a, b) && !disk.Under(b, a) {
			continue
		}
		surest := old.confidence
		if rank(v.confidence) > rank(surest) {
			surest = v.confidence
		}
		if len(b) > len(a) || a == b && rank(v.confidence) > rank(old.confidence) {
			list[i] = v
		}
		list[i].confidence = surest
		return list
	}
	return append(list, v)
}

// group is one place in one text, for all roles that have it.
type group struct {
	sites []*site
	off   []*site
}

func (g *group) add(s *site, off bool) {
	g.sites = append(g.sites, s)
	if off {
		g.off = append(g.off, s)
	}
}

// rightForOwner reports whether the line is right for a role whose it is.
func (g *group) rightForOwner() bool {
	return slices.ContainsFunc(g.sites, func(s *site) bool {
		return s.doc.Owners.Has(s.role) && !s.role.Exempt && !slices.Contains(g.off, s)
	})
}

// has reports whether a role gets the line, too.
func (g *group) has(r *doc.Role) bool {
	return slices.ContainsFunc(g.sites, func(s *site) bool { return s.role == r })
}

// asAnOwner reports whether a role gets the very text that one of those gets whose it
// is: what a template says to all others says nothing of that role.
func (g *group) asAnOwner(s *site) bool {
	text := s.asAnyone()
	return slices.ContainsFunc(g.sites, func(other *site) bool {
		return s.doc.Owners.Has(other.role) && len(s.doc.Owners.Roles) > 0 && other.asAnyone() == text
	})
}

// asAnyone is the text that a site stands in without what is each node's own, or the name
// of its role.
func (s *site) asAnyone() string {
	return strings.ReplaceAll(eachOwn.ReplaceAllString(s.doc.Text, ""), s.role.Name, "")
}

// isOff reports whether a site is off its role's volumes.
func (j *project) isOff(s *site) bool {
	if s.role.Exempt || j.replaced(s) {
		return false
	}
	if j.overridden(s) || j.isSpare(s) || j.standsEmpty(s) || s.setting && j.table.Needless(s.doc.Node, s.key, j.toldAny) {
		return false
	}
	if s.kind == known.State && j.dests[disk.Clean(s.path)] {
		return false // confd writes it anew
	}
	if s.inside {
		return !j.linkedAway(s)
	}
	switch s.disk().Where(s.path, s.role.Mounts) {
	case disk.System: // what users bring may be linked in part, and the rest be the program's; or a folder be made for a link
		return !j.linkedBeside(s) && !((s.kind == known.Upload || s.folder) && s.disk().PartOn(s.path, s.role.Mounts))
	case disk.Passing: // a database in /tmp is lost all the more, what users bring, and logs and sessions that a server is told to keep there
		lasting := s.kind == known.Data || s.kind == known.Upload || s.kind == known.Log && (s.server != "" || aboutLogs(s.doc.Node)) || s.kind == known.Session && s.server != ""
		p := disk.Clean(s.path)
		return lasting && s.sure == validate.Certain && s.setting && (disk.Under(p, "/tmp") || disk.Under(p, "/var/cache") && s.kind != known.Log)
	}
	return false
}

// replaced reports whether a site is in a file of the image that confd, or a
// script that it renders, writes anew: what counts is what is written then.
func (j *project) replaced(s *site) bool {
	d := s.doc
	if d.Pair != nil || d.Command || d.Format == reader.Dockerfile || ansible.IsPlaybook(d.Rel, "") && !d.Nested {
		return false
	}
	name := disk.Clean(d.Node)
	if d.Build && d.Nested || !strings.HasPrefix(d.Node, "/") {
		name = path.Base(d.Node)
	}
	return j.dests[name] && (j.writers[name] == nil || j.writers[name][s.role])
}

// writtenBy notes which roles have the pairs that write a path, and its last part.
func (j *project) writtenBy() {
	for _, d := range j.docs {
		if d.Pair == nil || d.Command || d.Pair.Resource == nil || d.Pair.Resource.Dest == "" {
			continue
		}
		dest := disk.Clean(d.Pair.Resource.Dest)
		for _, name := range []string{dest, path.Base(dest)} {
			if j.writers[name] == nil {
				j.writers[name] = map[*doc.Role]bool{}
			}
			for _, r := range j.roles {
				if d.Owners.Has(r) {
					j.writers[name][r] = true
				}
			}
		}
	}
}

func (j *project) verdicts(g *group) []verdict {
	var out []verdict
	if meant := g.meant(); meant != nil {
		return j.ofList(g, meant)
	}
	if j.listsOthers(g) {
		return nil
	}
	for _, s := range g.off {
		sure, may := j.runsIt(g, s)
		if !may {
			continue
		}
		c := lower(s.sure, sure)
		byHand := s.doc.ByHand && s.kind != known.Upload // users' files come by hand
		if s.unsure || byHand || j.shipped[s.path] {     // of what syslog passes on a copy is kept elsewhere
			c = validate.Guess
		}
		if s.untold {
			c = lower(c, validate.Likely)
		}
		out = append(out, j.doubted(verdict{site: s, confidence: c, inArea: j.area(s.path)}))
	}
	return out
}

// distinct counts the roles of sites.
func distinct(sites []*site) int {
	roles := map[*doc.Role]bool{}
	for _, s := range sites {
		roles[s.role] = true
	}
	return len(roles)
}

// judged counts the roles that are not exempt.
func (j *project) judged(roles []*doc.Role) int {
	n := 0
	for _, r := range roles {
		if !r.Exempt {
			n++
		}
	}
	return n
}
