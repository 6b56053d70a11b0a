package kvm

import (
	"context"
	_ "embed" // the scripts
)

var (
	//go:embed scripts/service.sh
	serviceScript string
	//go:embed scripts/configure.sh
	configureScript string
)

// tellService is the step that tells the init system of the service: "leave",
// "start", "stop" or "restart". back is what a rollback does with the service.
func (c *change) tellService(w *Work, what, back string) *step {
	f := c.r.Facts
	return &step{PhaseConfigure, func(ctx context.Context) error {
		_, err := w.script(ctx, "telling the init system of the service", serviceScript+configureScript, nil, string(f.Init), f.booted(), what, back)
		return err
	}}
}
