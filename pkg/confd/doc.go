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
//
// By file: resource.go and find.go read resources, source.go, store.go and memo.go
// what they fetch, template.go templates. The functions that templates have are
// listed in funcs.go, and are in compare.go, numbers.go, lists.go, encode.go and,
// those that could make much of little, bounded.go; limits.go and ticks.go bound a
// template as a whole. reads.go tells what a template asks for, trace.go which part
// of it made which byte, errors.go where it is wrong. apply.go puts the steps on a
// machine together: stage.go, command.go, swap.go. The daemon goes through the same
// steps with its own waits between them (daemon/steps.go).
package confd
