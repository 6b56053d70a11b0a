// Package windows installs the agent on a machine with Windows, over its OpenSSH
// server: what pkg/kvm does on Linux, by other means, since there is no shell for
// scripts. Files are looked at, sent, read back, renamed and put back over SFTP;
// commands are few, and mean the same to cmd and to PowerShell (see command.go).
//
// A change is made as on Linux: what it will touch is in a journal on the machine
// before it is touched, what it replaces stays beside it until the end, and a later
// run goes on from there, or puts everything back.
package windows
