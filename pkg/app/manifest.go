package app

import "github.com/appimg/appimg/pkg/diag"

// Manifest is appimg.toml.
type Manifest struct {
	File      string `toml:"-"`
	Name      string `toml:"name"`
	Version   string `toml:"version"`
	Namespace string `toml:"namespace"` // on dockerhub.qingcloud.com

	App    ManifestApp              `toml:"app"`
	Agent  ManifestAgent            `toml:"agent"`
	Docker ManifestDocker           `toml:"docker"`
	Images map[string]ManifestImage `toml:"images"`
	KVM    ManifestKVM              `toml:"kvm"`
	Render ManifestRender           `toml:"render"`
	Lint   map[string]any           `toml:"lint"` // read by the rules

	pos map[string]diag.Pos
}

// ManifestApp is [app].
type ManifestApp struct {
	Dir string `toml:"dir"` // of config.json, cluster.json.mustache and locale/; default "app"
}

// ManifestAgent is [agent].
type ManifestAgent struct {
	Source string `toml:"source"` // builtin (default), official, base, a path or a URL
}

// ManifestDocker is [docker].
type ManifestDocker struct {
	Base      string            `toml:"base"`
	Tags      []string          `toml:"tags"`
	Platforms []string          `toml:"platforms"`
	Labels    map[string]string `toml:"labels"`
}

// ManifestImage is [images.<name>].
type ManifestImage struct {
	Dir   string   `toml:"dir"` // default images/<name>
	Roles []string `toml:"roles"`
	Base  string   `toml:"base"`
	Tags  []string `toml:"tags"`
}

// ManifestKVM is [kvm].
type ManifestKVM struct {
	Provision []string `toml:"provision"` // scripts, relative to the project
}

// ManifestRender is [render].
type ManifestRender struct {
	Env map[string]string `toml:"env"` // what getenv answers
}

// Pos is the place of a key ("docker.base", "images.web.roles"), or of the
// nearest table above it; the file alone where it has neither.
func (m *Manifest) Pos(key string) diag.Pos { return m.pos[key] }
