// Package payload is what a project puts on a machine: the pairs of an image,
// with parts concatenated, and its rootfs.
package payload
