// Package house holds nothing but the test that keeps the house in order:
// which room may know which (docs/layout.md has the picture).
package house
