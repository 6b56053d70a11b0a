package windows

import (
	"context"
	"strings"

	"github.com/appimg/appimg/pkg/kvm"
)

// machine is what is known of a machine besides its files.
type machine struct {
	facts *kvm.Facts
	image string // the program of the service; "" without one
	task  bool   // the log rotation's task is there
	free  int64  // in bytes, -1 where it is not known
	admin bool
}

// survey asks a machine what it is; nothing is written there.
func survey(ctx context.Context, h Host) (*machine, error) {
	out, err := h.Run(ctx, "asking for its facts", surveyLine)
	if err != nil && kvm.ExitStatus(err) < 0 {
		return nil, err
	}
	s := said(string(out.Stdout))
	product, err := h.Run(ctx, "asking for its name", productLine)
	if err != nil && kvm.ExitStatus(err) < 0 {
		return nil, err
	}
	f := &kvm.Facts{ID: "windows", System: "Windows", Name: valueOf("ProductName", product.Text()), Hostname: strings.TrimSpace(s["host"])}
	if f.Name == "" {
		f.Name = "Windows"
	}
	f.Version = versionIn.FindString(s[""])
	f.Kernel = f.Version
	f.Arch = strings.ToLower(strings.TrimSpace(s["arch"]))
	f.Booted = true
	// The platform's guide names its images of 2008 and 2012 as tested.
	f.Tested = strings.Contains(f.Name, "Server 2008") || strings.Contains(f.Name, "Server 2012")
	m := &machine{facts: f, free: free(s["disk"]), admin: isAdmin(string(out.Stdout), s["admin"])}
	if err := m.askForService(ctx, h); err != nil {
		return nil, err
	}
	m.task, err = hasTask(ctx, h)
	return m, err
}

// askForService finds out what the service is, and does.
func (m *machine) askForService(ctx context.Context, h Host) error {
	key, err := serviceKey(ctx, h)
	if err != nil {
		return err
	}
	path := valueOf("ImagePath", key)
	if path == "" {
		return nil // what is left of one that was removed
	}
	m.image = image(path)
	m.facts.Enabled = valueOf("Start", key) == "0x2"
	state, err := serviceState(ctx, h)
	m.facts.Running = state == "RUNNING"
	return err
}
