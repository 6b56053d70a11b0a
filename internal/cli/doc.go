// Package cli is appimg's command line: one file per command, and the only
// place that prints an error or picks an exit code.
//
// A command is a constructor (newXCmd), an options struct and a run function.
// stdout carries the result and nothing else; everything else goes to stderr.
//
// What commands share: Run, the streams and the exit codes in cli.go, deps.go,
// output.go and errors.go; flags and completions in flags.go, format.go and
// complete.go; a project as a simulated cluster in topology.go, its images in
// images.go, the check that its pairs render in gate.go, changes of it in edit.go;
// what is drawn on the terminal in progress.go and kvm_board.go. Commands that
// look at machines stand on kvm_each.go, those that change them on kvm_change.go,
// both on kvm_session.go and kvm_connect.go.
package cli
