package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
)

// replacePolicy lies beside cluster.json.mustache, where there is one.
const replacePolicy = "replace_policy.json"

// UploadFiles are the files that the platform wants of an app, in the order of
// an archive: config.json, cluster.json.mustache, replace_policy.json where
// there is one, locale/*.json (platform guide, section 1). Their paths are
// those inside the archive, flat: no folder is around them. What is not UTF-8
// without a byte order mark is an error with its place.
func UploadFiles(a *app.App) ([]File, error) {
	for _, f := range []struct{ name, found string }{{"config.json", a.ConfigFile}, {"cluster.json.mustache", a.ClusterFile}} {
		if f.found == "" {
			return nil, diag.WithHint(fmt.Errorf("packing %q: it has no %s", a.Root, f.name),
				"the platform wants config.json and cluster.json.mustache, in one folder")
		}
	}
	policy := filepath.Join(filepath.Dir(a.ClusterFile), replacePolicy)
	sources := []string{a.ConfigFile, a.ClusterFile}
	if _, err := os.Lstat(policy); !errors.Is(err, fs.ErrNotExist) {
		sources = append(sources, policy)
	}
	var files []File
	for _, source := range sources {
		files = append(files, File{Path: filepath.Base(source)})
	}
	for _, lang := range slices.Sorted(maps.Keys(a.Locale)) {
		sources = append(sources, a.Locale[lang])
		files = append(files, File{Path: "locale/" + lang + ".json"})
	}
	for i, source := range sources {
		data, err := uploadText(a, source)
		if err != nil {
			return nil, err
		}
		files[i].Mode, files[i].Data = 0o644, data
	}
	return files, nil
}

func uploadText(a *app.App, path string) ([]byte, error) {
	data, err := a.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("packing: %w", err)
	}
	if err := app.CheckText(path, data); err != nil {
		return nil, fmt.Errorf("packing %q: %w", path, err)
	}
	return data, nil
}

// UploadName is the default name of an app's archive: <name>-<version>.tar.gz,
// without the version where the app has none.
func UploadName(a *app.App) (string, error) {
	name := a.Name
	if a.Version != "" {
		name += "-" + a.Version
	}
	if name == "" || strings.HasPrefix(name, ".") || strings.ContainsAny(name, `/\`) {
		return "", diag.WithHint(fmt.Errorf("naming archive %q: not the name of a file", name), "name the file with --output")
	}
	return name + ".tar.gz", nil
}
