// Package render shows what confd would write on a node: every pair of a
// folder, on every node of a simulated cluster, as files or errors. What
// `render` prints, a build packs and a rule judges all come from here.
//
//	result, err := render.Project(ctx, a, spec, cluster, nil)
//	for _, f := range result.Files { … f.Node, f.Dest, f.Content or f.Err }
package render
