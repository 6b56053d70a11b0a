// Package app knows an app in a folder, on disk or in memory: appimg.toml, the
// images with their template resources, config.json and cluster.json.mustache.
// Every value keeps its place (file:line:col).
//
//	a, err := app.Open(ctx, ".", app.Options{})
//	spec, err := a.Expand(map[string]string{"env.port": "6380"})
//	for _, role := range spec.Roles { … }
//
// Repositories without appimg.toml work as well: Open finds
// cluster.json.mustache, config.json and every conf.d below the folder, and
// App.Notes says what was taken for what. Options.FS and Options.Overlay have
// files that are not on disk, or not yet.
package app
