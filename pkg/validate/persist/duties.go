package persist

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// duties are the services, daemons and programs that roles start. One image often
// has the files of all roles: whose a file is, who starts its server tells.
type duties struct {
	firm map[string][]*role
	weak map[string][]*role // in functions that nothing is seen to call
	boot map[string]bool    // started when a machine boots, whatever its role
	busy map[*role]bool     // roles of which some service or daemon is known
}

func newDuties() *duties {
	return &duties{firm: map[string][]*role{}, weak: map[string][]*role{}, boot: map[string]bool{}, busy: map[*role]bool{}}
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

func (s *duties) add(name string, r *role, weak bool) {
	to := s.firm
	if weak {
		to = s.weak
	}
	if name = serviceName(name); !slices.Contains(to[name], r) {
		to[name] = append(to[name], r)
	}
}

// of are the roles that start what is called so; nil where that is not known.
func (s *duties) of(name string) []*role {
	name = serviceName(name)
	switch {
	case s.boot[name]:
		return nil
	case s.firm[name] != nil:
		return s.firm[name]
	}
	return s.weak[name]
}

// like are the roles that start what is called so, or else what has the name at its
// begin or end: hadoop-hdfs-namenode is a namenode, hbase-regionserver one of hbase's.
func (s *duties) like(name string) []*role {
	if some := s.of(name); some != nil {
		return some
	}
	name = serviceName(name)
	var out []*role
	for _, started := range append(sortedKeys(s.firm), sortedKeys(s.weak)...) {
		if strings.HasPrefix(started, name+"-") || strings.HasSuffix(started, "-"+name) {
			if s.boot[started] {
				return nil
			}
			for _, r := range s.of(started) {
				if !slices.Contains(out, r) {
					out = append(out, r)
				}
			}
		}
	}
	return out
}

// atBoot finds the services that the making of an image enables.
func (a *attribution) atBoot() {
	for _, d := range a.j.docs {
		if d.pair != nil || d.command || a.reached(d) {
			continue
		}
		for _, m := range enabling.FindAllStringSubmatch(d.text, 50) {
			for _, name := range strings.Fields(m[1] + m[2] + m[3]) {
				a.duties.boot[serviceName(name)] = true
			}
		}
		if d.build && d.format == reader.YAML && strings.Contains(d.text, "enabled") {
			a.enabledBy(reader.ParseYAML(d.text))
		}
	}
}

// enabling matches systemctl enable, with what is enabled, and the same of older systems.
var enabling = lazyregexp.New(`systemctl[ \t]+(?:-\S+[ \t]+)*enable[ \t]+((?:[\w.@\-]+[ \t]*)+)|chkconfig[ \t]+([\w.\-]+)[ \t]+on\b|(?:update-rc\.d|rc-update[ \t]+add)[ \t]+([\w.\-]+)(?:[ \t]+(?:defaults|enable|default)\b)`)

// enabledBy notes the services that tasks of ansible enable.
func (a *attribution) enabledBy(n *reader.Node) {
	for _, c := range n.Children {
		if m := module(c.Key); m == "systemd" || m == "service" || m == "systemd_service" {
			args := arguments(c)
			if on := strings.ToLower(args["enabled"]); on == "yes" || on == "true" {
				for _, i := range items(n) {
					a.duties.boot[serviceName(i.fill(args["name"]))] = true
				}
			}
		}
		a.enabledBy(c)
	}
}
