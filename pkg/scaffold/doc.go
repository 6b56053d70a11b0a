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
//
// By file: presets become files in preset.go and project.go, and folders in
// create.go. Each edit has a file (config.go with pair.go, pairtoml.go and param.go,
// env.go, role.go, image.go) and works in a workspace (workspace.go); edits are
// shown and applied, all or none, by edits.go and transaction.go. Where a value
// stands in a configuration file, whatever its form, setting*.go say. The upload
// archive is upload.go's and archive.go's.
package scaffold
