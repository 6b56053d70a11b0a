// Package scaffold makes projects from presets, and edits projects: add config,
// add env, add role, set image.
//
//	files, err := scaffold.Files(templates.FS(), "zookeeper", scaffold.Project{Name: "zk", Type: scaffold.Docker})
//	err = scaffold.Create(ctx, "zk", files, false)
//
//	edits, err := scaffold.AddEnv(project, scaffold.Env{Name: "port", Type: "integer", Default: "6379"})
//	fmt.Print(edits.Diff())
//	err = edits.Apply(ctx, project.Root)
//
// Whatever is written is written wholly or not at all.
package scaffold
