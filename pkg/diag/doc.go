// Package diag holds what a person needs to act on an error: the place in a
// file (Pos) and the advice (a hint). It is the one vocabulary of every floor
// of the house; only internal/cli prints what it says.
//
// The grammar of an error is
//
//	OP "OBJECT": FILE:LINE:COL: WHY
//	hint: WHAT TO DO
//
// with OP a gerund ("rendering", "parsing"), never "failed to" or "error".
package diag
