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
}

func newDuties() *Duties {
	return &Duties{firm: map[string][]*doc.Role{}, weak: map[string][]*doc.Role{}, boot: map[string]bool{}, Busy: map[*doc.Role]bool{}}
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

// starts reports whether a role starts what is called so, and whether that is sure.
func (s *Duties) starts(name string, r *doc.Role) (starts, sure bool) {
	name = serviceName(name)
	sure = slices.Contains(s.firm[name], r)
	return sure || slices.Contains(s.weak[name], r), sure
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
	if some := s.Of(name); some != nil {
		return some
	}
	name = serviceName(name)
	var out []*doc.Role
	for _, started := range append(slices.Sorted(maps.Keys(s.firm)), slices.Sorted(maps.Keys(s.weak))...) {
		if strings.HasPrefix(started, name+"-") || strings.HasSuffix(started, "-"+name) {
			if s.boot[started] {
				return nil
			}
			for _, r := range s.Of(started) {
				if !slices.Contains(out, r) {
					out = append(out, r)
				}
			}
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
