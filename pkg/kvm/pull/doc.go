// Package pull takes pairs that were edited on a machine back into the project
// that they came from, as edits to be looked at and applied.
package pull
