package gather

import (
	"slices"
	"strings"
)

// nodePath is where a file of the repository lies on the node: what is behind
// files/, rootfs/ and the like, or behind a folder that is the system's own
// beyond doubt (opt/app/bin, etc/systemd). Else it is the path in the repository.
func nodePath(rel string) (string, bool) {
	segments := strings.Split(rel, "/")
	for i := len(segments) - 2; i >= 0; i-- {
		switch segments[i+1] {
		case "etc", "opt", "usr", "lib", "var", "root", "home", "srv", "data", "bin", "sbin":
		default:
			continue
		}
		switch segments[i] {
		case "files", "rootfs", "root", "image", "vm-image", "rootdir", "overlay", "fs", "system", "kvm", "docker", "filesystem":
			return onNode(segments[i+1:]), true
		}
	}
	switch segments[0] {
	case "etc", "opt", "usr", "var":
		return "/" + rel, true
	}
	for i := 1; i+2 < len(segments); i++ {
		if slices.Contains(systemFolders[segments[i]], segments[i+1]) || segments[i] == "opt" || segments[i] == "home" && i+3 < len(segments) {
			return onNode(segments[i:]), true
		}
	}
	return rel, false
}

func onNode(segments []string) string {
	return "/" + strings.TrimSuffix(strings.Join(segments, "/"), ".j2")
}

// systemFolders are folders of the system, with what lies in them on any machine.
// Programs have an etc/ and a lib/ of their own.
var systemFolders = map[string][]string{
	"etc": {
		"systemd", "init.d", "default", "sysconfig", "rsyslog.d", "logrotate.d", "cron.d", "profile.d", "supervisor", "confd", "sysctl.d",
		"nginx", "httpd", "apache2", "php", "php.d", "php-fpm.d", "mysql", "my.cnf.d", "postgresql", "keepalived", "haproxy", "samba", "zabbix", "grafana",
		"cron.hourly", "cron.daily", "cron.weekly", "cron.monthly", "tmpfiles.d", "modules-load.d", "udev", "pam.d", "security", "ssh", "xinetd.d",
	},
	"usr": {"local", "share", "bin", "sbin"},
	"var": {"lib", "log", "www", "spool"},
	"lib": {"systemd"},
}
