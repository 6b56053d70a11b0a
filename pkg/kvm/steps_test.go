package kvm_test

import (
	"context"

	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

// stepping is a dialer with a say in every thing that is done on its machines.
type stepping struct {
	kvm.Dialer
	// around is given each of them, by its name; it does it, or not.
	around func(name string, do func() error) error
}

func (s *stepping) Dial(ctx context.Context, t kvm.Target) (kvm.Host, error) {
	h, err := s.Dialer.Dial(ctx, t)
	return &steppedHost{h, s}, err
}

type steppedHost struct {
	kvm.Host
	s *stepping
}

func (h *steppedHost) Run(ctx context.Context, c kvm.Cmd) (out kvm.Output, err error) {
	err = h.s.around(c.Name(), func() error {
		var err error
		out, err = h.Host.Run(ctx, c)
		return err
	})
	return out, err
}

func (h *steppedHost) Upload(ctx context.Context, path string, c kvm.Content) error {
	return h.s.around("uploading", func() error { return h.Host.Upload(ctx, path, c) })
}

// mortal is a dialer whose hosts die at a stage.
type mortal struct {
	stepping
	*kvmtest.Mortal
}

func newMortal(d kvm.Dialer, at kvmtest.Stage) *mortal {
	m := kvmtest.NewMortal(at)
	return &mortal{stepping{d, m.Step}, m}
}
