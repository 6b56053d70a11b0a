// Package confd is the template engine of AppCenter images: it reads template
// resources (conf.d/*.toml), fetches the metadata they ask for, renders their
// templates exactly as QingCloud's confd does, and puts the result in its
// place on a machine.
//
// A pair is rendered in four steps, each of which stands alone:
//
//	r, err := ParseResource("conf.d/zoo.cfg.toml", data)    // src, dest, keys …
//	t, err := ParseTemplate("templates/"+r.Src, text, nil)  // once for all nodes
//	s, err := LoadStore(ctx, src, "/self", r.Keys)          // what one node sees
//	err = t.Render(w, s)
//
// An Applier does that and the rest on a machine: stage, check_cmd, swap,
// reload_cmd. Where metadata comes from is a Source; what a template asks of
// the machine is answered by a Machine, so that a cluster can be simulated.
//
// The recorded behaviour that all of it is held against lies in testdata.
// Where this package differs, on purpose: QingCloud's confd crashes on array
// elements whose name is no string, and runs templates without any bound.
package confd
