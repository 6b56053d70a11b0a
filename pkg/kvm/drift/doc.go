// Package drift renders a machine's own pairs at the desk and compares the
// result with the files that the machine has.
//
//	m, err := drift.MachineMetadata(ctx, host)
//	report, err := drift.Of(ctx, host, m)
package drift
