// Package status tells how a machine stands: its agent, its pairs, the commands
// that it was given, and what differs from the project.
package status
