//go:build !windows

package daemon

const (
	defaultConfDir    = "/etc/confd"
	defaultConfigFile = "/etc/confd/confd.toml"
)
