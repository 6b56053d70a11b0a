// Package audit finds what was written to a machine's system disk: data that is
// lost when the platform throws the disk away, and so belongs on a volume.
//
//	before, err := audit.Take(ctx, host)          // or audit.SinceInstall()
//	…
//	report, err := audit.Run(ctx, host, audit.Since(before), audit.Options{Mounts: []string{"/data"}})
package audit
