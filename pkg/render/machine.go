package render

import (
	"fmt"
	"net"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/metadata"
)

// agentFolders are on every node: the agent's bundle makes them (platform
// guide, the agent inside an image).
var agentFolders = []string{"/etc/confd", "/opt/qingcloud/app-agent"}

// simulated answers what templates ask of the machine from what the project
// knows, and notes each question: the answer may differ on a real node.
type simulated struct {
	has   func(name string) bool // of the image's rootfs
	dests map[string]bool
	env   map[string]string
	hosts map[string]string // instance_id → address

	mu    sync.Mutex
	asked map[string]bool
}

func newSimulated(img *app.Image, env map[string]string, c *metadata.Cluster) *simulated {
	m := &simulated{has: img.HasFile, dests: map[string]bool{}, env: env, hosts: map[string]string{}, asked: map[string]bool{}}
	for _, n := range c.Nodes {
		m.hosts[n.InstanceID] = n.IP
	}
	return m
}

// addDests tells that the pairs' own files are there, with their folders.
func (m *simulated) addDests(dests []string) {
	for _, d := range slices.Concat(dests, agentFolders) {
		for d = path.Clean(d); !m.dests[d] && d != "."; d = path.Dir(d) {
			m.dests[d] = true
		}
	}
}

// FileExists looks at the files that the pairs write and at rootfs.
func (m *simulated) FileExists(name string) bool {
	clean := path.Clean(name)
	found := m.dests[clean] || m.has(clean)
	m.note("fileExists %q: %s", name, yesNo(found, "yes, by rootfs and rendered files", "no: neither in rootfs nor rendered; the base image was not looked into"))
	return found
}

// Getenv looks at [render] env of appimg.toml.
func (m *simulated) Getenv(key string) string {
	v, ok := m.env[key]
	m.note("getenv %q: %s", key, yesNo(ok, "from [render] env", `empty; set it in [render] env of appimg.toml`))
	return v
}

// LookupIP knows the cluster's nodes by name, and addresses.
func (m *simulated) LookupIP(host string) []string {
	if ip := net.ParseIP(host); ip != nil {
		if ip.To4() == nil {
			return nil
		}
		return []string{host}
	}
	ip, ok := m.hosts[host]
	m.note("lookupIP %q: %s", host, yesNo(ok, "a node of the simulated cluster", "no address: no node of the simulated cluster has this name"))
	if !ok {
		return nil
	}
	return []string{ip}
}

// LookupSRV knows no service records.
func (m *simulated) LookupSRV(service, proto, name string) []*net.SRV {
	m.note("lookupSRV %q %q %q: none in a simulated cluster", service, proto, name)
	return nil
}

// Now is the time of this machine.
func (m *simulated) Now() time.Time { return time.Now() }

func (m *simulated) note(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked[fmt.Sprintf(format, args...)] = true
}

// notes are the questions with their answers, sorted, each once.
func (m *simulated) notes() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for q := range m.asked {
		out = append(out, q)
	}
	slices.Sort(out)
	return out
}

func yesNo(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}
