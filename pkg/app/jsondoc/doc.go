// Package jsondoc reads JSON so that every value keeps its place in the file,
// and edits JSON text so that everything but the change stays as it was.
//
//	root, err := jsondoc.Parse("config.json", data)
//	cpu := root.Get("properties", "key=cluster", "properties", "key=cpu", "default")
//	fmt.Println(cpu.Pos, cpu.Text)
//
// Parse is strict. ParseTolerant goes on after a fault and lists them all; with
// Options.Mustache it also reads cluster.json.mustache, where an expression in
// {{…}} may stand for a value.
package jsondoc
