// Package kvm works on machines over SSH: from a fresh instance to one that is
// ready for capture.
//
//	d, err := ssh.NewDialer(ssh.Options{})
//	h, err := d.Dial(ctx, target)
//	defer h.Close()
//	out, err := h.Run(ctx, kvm.Cmd{Script: "uname -m", ReadOnly: true})
//
// What work on a machine stands on: a Target is what the user calls it
// (target.go, hosts.go), a Host runs a Cmd there and takes a Content (host.go,
// content.go), FileState is what lies at a path (file.go), Facts are what the
// machine says of itself, asked for by Survey (facts.go, distro.go,
// inspection.go). Each does one thing on many machines (fleet.go).
//
// The work itself: InstallAgent, Push and UninstallAgent are jobs (install.go,
// push.go with provision.go, uninstall.go). A job only decides what a machine is
// to have: Wants (want.go), records of what is installed (listed.go), steps. All
// that makes it safe is the change's (change.go): it surveys the machine, refuses
// it (preflight.go), makes Actions of the Wants, compares them with a Plan that
// was approved (plan.go), packs them (pack.go), does them as one Work, which
// holds the machine, keeps a journal there and can put everything back (work.go),
// and verifies the outcome (verify.go, pairs.go, service.go). A Course leads
// through the phases and writes the Report (course.go, report.go).
//
// What runs on the machine is in scripts/: POSIX sh that busybox understands.
package kvm
