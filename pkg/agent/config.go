package agent

import "fmt"

// MetadataHost is the name under which a container finds its metadata server.
const MetadataHost = "metadata:80"

// ConfigOptions are the values of confd.toml that differ between machines.
type ConfigOptions struct {
	Node   string // HOST:PORT of the metadata server; "" is MetadataHost
	Prefix string // "/self", or "/" with metadata_root_access; "" is "/self"
}

// Config is /etc/confd/confd.toml as the platform writes it. A Docker image
// carries it; on a KVM instance the platform writes it at cluster creation.
func Config(o ConfigOptions) File { return config(ConfigPath, ConfDir, o) }

// WindowsConfig is Config for a Windows machine; its path is below WindowsHome, with "/".
func WindowsConfig(o ConfigOptions) File {
	return config("confd/confd.toml", WindowsHome+`\confd`, o)
}

func config(path, confDir string, o ConfigOptions) File {
	if o.Node == "" {
		o.Node = MetadataHost
	}
	if o.Prefix == "" {
		o.Prefix = "/self"
	}
	data := fmt.Sprintf(`backend = "metad"
confdir = %q
log-level = "info"
nodes = ['%s']
prefix = %q
scheme = "http"
watch = true
`, confDir, o.Node, o.Prefix)
	return file(path, 0o644, []byte(data))
}
