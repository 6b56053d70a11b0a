package owner

import (
	"maps"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/ansible"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// Duties are the services, daemons and programs that roles start. One image often
// has the files of all roles: whose a file is, who starts its server tells.
type Duties struct {
	firm map[string][]*doc.Role
	weak map[string][]*doc.Role // in functions that nothing is seen to call
	boot map[string]bool        // started when a machine boots, whatever its role
	Busy map[*doc.Role]bool     // roles of which some service or daemon is known

	in   map[string][]string           // the scripts that start what is called so, for some role
	read map[*doc.Role]map[string]bool // the scripts that roles' commands reach
}

func newDuties() *Duties {
	return &Duties{firm: map[string][]*doc.Role{}, weak: map[string][]*doc.Role{}, boot: map[string]bool{}, Busy: map[*doc.Role]bool{},
		in: map[string][]string{}, read: map[*doc.Role]map[string]bool{}}
}

// serviceName is a name without case, and with one separator: zabbix_proxy.service is
// zabbix-proxy, hadoop@datanode is hadoop-datanode, hadoop@.service is hadoop.
func serviceName(name string) string {
	name = strings.ToLower(name)
	for _, end := range []string{".service", ".timer", ".socket", ".path"} { // what sets off the service
		name = strings.TrimSuffix(name, end)
	}
	return strings.TrimSuffix(separators.Replace(name), "-")
}

// separators are written alike.
var separators = strings.NewReplacer("_", "-", "@", "-")

func (s *Duties) add(name string, r *doc.Role, weak bool) {
	to := s.firm
	if weak {
		to = s.weak
	}
	if name = serviceName(name); !slices.Contains(to[name], r) {
		to[name] = append(to[name], r)
	}
}

// addIn is add, for what a script starts.
func (s *Duties) addIn(d *doc.Doc, name string, r *doc.Role, weak bool) {
	s.add(name, r, weak)
	if name = serviceName(name); !d.Command && !slices.Contains(s.in[name], d.File) {
		s.in[name] = append(s.in[name], d.File)
	}
}

// reads notes that a role's commands reach a script.
func (s *Duties) reads(d *doc.Doc, r *doc.Role) {
	if s.read[r] == nil {
		s.read[r] = map[string]bool{}
	}
	s.read[r][d.File] = true
}

// passesBy reports whether a role's commands reach a script that starts what is called so for
// others: had the role to start it, it would be there.
func (s *Duties) passesBy(name string, r *doc.Role) bool {
	for _, started := range s.alike(name) {
		if slices.ContainsFunc(s.in[started], func(file string) bool { return s.read[r][file] }) {
			return true
		}
	}
	return false
}

// starts reports whether a role starts what is called so, and whether that is sure.
func (s *Duties) starts(name string, r *doc.Role) (starts, sure bool) {
	name = serviceName(name)
	sure = slices.Contains(s.firm[name], r)
	return sure || slices.Contains(s.weak[name], r), sure
}

// Sure reports whether a role is sure to start what is called so.
func (s *Duties) Sure(name string, r *doc.Role) bool {
	_, sure := s.starts(name, r)
	return sure
}

// Of are the roles that start what is called so; nil where that is not known.
func (s *Duties) Of(name string) []*doc.Role {
	name = serviceName(name)
	switch {
	case s.boot[name]:
		return nil
	case s.firm[name] != nil:
		return s.firm[name]
	}
	return s.weak[name]
}

// Like are the roles that start what is called so, or else what has the name at its
// begin or end: hadoop-hdfs-namenode is a namenode, hbase-regionserver one of hbase's.
func (s *Duties) Like(name string) []*doc.Role {
	var out []*doc.Role
	for _, started := range s.alike(name) {
		if s.boot[started] {
			return nil
		}
		for _, r := range s.Of(started) {
			if !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// alike are the names of what is started that Like goes by.
func (s *Duties) alike(name string) []string {
	name = serviceName(name)
	if s.boot[name] || s.firm[name] != nil || s.weak[name] != nil {
		return []string{name}
	}
	var out []string
	for _, started := range append(slices.Sorted(maps.Keys(s.firm)), slices.Sorted(maps.Keys(s.weak))...) {
		if strings.HasPrefix(started, name+"-") || strings.HasSuffix(started, "-"+name) {
			out = append(out, started)
		}
	}
	return out
}

// atBoot finds the services that the making of an image enables.
func (a *Attribution) atBoot() {
	for _, d := range a.Docs {
		if d.Pair != nil || d.Command || a.reached(d) {
			continue
		}
		for _, m := range enabling.FindAllStringSubmatch(d.Text, 50) {
			for _, name := range strings.Fields(m[1] + m[2] + m[3]) {
				a.Duties.boot[serviceName(name)] = true
			}
		}
		if d.Build && d.Format == reader.YAML && strings.Contains(d.Text, "enabled") {
			a.enabledBy(reader.ParseYAML(d.Text))
		}
	}
}

// enabling matches systemctl enable, with what is enabled, and the same of older systems.
var enabling = lazyregexp.New(`systemctl[ \t]+(?:-\S+[ \t]+)*enable[ \t]+((?:[\w.@\-]+[ \t]*)+)|chkconfig[ \t]+([\w.\-]+)[ \t]+on\b|(?:update-rc\.d|rc-update[ \t]+add)[ \t]+([\w.\-]+)(?:[ \t]+(?:defaults|enable|default)\b)`)

// enabledBy notes the services that tasks of ansible enable.
func (a *Attribution) enabledBy(n *reader.Node) {
	for _, c := range n.Children {
		if m := ansible.Module(c.Key); m == "systemd" || m == "service" || m == "systemd_service" {
			args := ansible.Arguments(c)
			if on := strings.ToLower(args["enabled"]); on == "yes" || on == "true" {
				for _, i := range ansible.Items(n) {
					a.Duties.boot[serviceName(i.Fill(args["name"]))] = true
				}
			}
		}
		a.enabledBy(c)
	}
}
