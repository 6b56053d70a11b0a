// Package cli is appimg's command line: one file per command, and the only
// place that prints an error or picks an exit code.
//
// A command is a constructor (newXCmd), an options struct and a run function.
// stdout carries the result and nothing else; everything else goes to stderr.
package cli
