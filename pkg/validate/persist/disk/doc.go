// Package disk says where a path of a node lies: on a volume, on the system
// disk, or where nothing is expected to last. It follows the links and bind
// mounts that a project makes.
package disk
