// Package sysdisk tells what of a machine is on its system disk, the one that
// an image is made of and that the platform throws away at every recreate, from
// what is on volumes, in memory or on the net.
package sysdisk
