// Package fetch reads many files of a machine in one round trip.
package fetch
