//go:build !unix

package kvm

// alive cannot be known here: an owner that is gone is forgotten after a minute.
func alive(int) bool { return true }
