// Package kvm works on machines over SSH: from a fresh instance to one that is
// ready for capture. This package holds what work on a machine stands on (Host,
// Cmd, the file operations) and the work itself; pkg/kvm/ssh makes the
// connections, and pkg/kvm/kvmtest machines for tests.
//
//	d, err := ssh.NewDialer(ssh.Options{})
//	h, err := d.Dial(ctx, target)
//	defer h.Close()
//	out, err := h.Run(ctx, kvm.Cmd{Script: "uname -m", ReadOnly: true})
package kvm
