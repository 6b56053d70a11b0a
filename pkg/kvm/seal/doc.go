// Package seal makes a machine fit to be captured and shared: named
// operations remove what belongs to this one machine and to those who made it.
// The machine may be running; what connects to it goes last.
//
//	ops, err := seal.Select(nil, []string{"shell-history"})
//	report, err := seal.Run(ctx, host, ops)
//	// report.Done is what went, report.Residue what is left
package seal
