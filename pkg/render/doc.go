// Package render shows what confd would write on a node: every pair of a
// folder of pairs, on every node of a simulated cluster, as files or errors.
// What `render` prints, a build packs and a rule judges all come from here.
//
//	set, err := render.Load("/etc/confd", "/etc/confd/templates", confd.LocalMachine())
//	files := set.Render(ctx, render.Node{}, confd.TreeSource("/self", self), "/self")
package render
