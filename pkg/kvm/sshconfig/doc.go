// Package sshconfig answers what OpenSSH's client configuration says about a
// host: ssh_config(5), with Host, Match (exec, final, … too), Include, tokens
// and quoting. Its judge is "ssh -G": the tests compare the two.
//
// The library github.com/kevinburke/ssh_config is not enough here: it refuses
// a whole file for a Match by anything but a host's name, matches that one
// against the alias only, reads "?" as "at most one", cuts values at any "#",
// and knows neither tokens nor quotes.
//
//	c, err := sshconfig.Load(sshconfig.Options{Home: home, User: local})
//	s, err := c.For(ctx, sshconfig.Query{Host: "web1"})
package sshconfig
