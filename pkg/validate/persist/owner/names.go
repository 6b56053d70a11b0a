package owner

import (
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/doc"
)

// namesOf are the names by which others may speak of d.
func namesOf(d *doc.Doc) []string {
	own, folder := OwnNames(d)
	return append(own, folder...)
}

// OwnNames are the names of d itself, and of the ansible role it lies in.
func OwnNames(d *doc.Doc) (own, folder []string) {
	for _, p := range []string{d.Node, d.Rel} {
		base := path.Base(p)
		for _, name := range []string{base, doc.Stem(base), withoutNode(doc.Stem(base))} {
			own = appendName(own, name)
		}
	}
	if unit := dropInOf(d.Node); unit != "" {
		own = appendName(nil, unit) // its own name tells nothing: override.conf
	}
	segments := strings.Split(path.Dir(d.Rel), "/")
	for i, s := range segments {
		if s == "roles" && i+1 < len(segments) {
			name := segments[i+1]
			folder = appendName(folder, name)
			folder = appendName(folder, withoutNode(name))
		}
	}
	return own, folder
}

func withoutNode(name string) string {
	return strings.TrimSuffix(strings.TrimPrefix(name, "node-"), "-node")
}

func appendName(list []string, name string) []string {
	switch name {
	case "", "start", "stop", "init", "restart", "common", "app", "main", "all", "ctl", "env", "config", "utils", "functions", "node",
		"check", "monitor", "health", "appctl", "cmd.info", "hosts", "command", "base", "rsyslog", "rsyslog.conf", "install", "log", "logs",
		"logback", "logback.xml", "logback-spring", "logback-spring.xml", "log4j", "log4j.xml", "log4j.properties", "log4j2", "log4j2.xml", "log4j2.properties",
		"logging", "logging.properties", "application", "application.properties", "application.yml", "bootstrap", "bootstrap.yml":
		return list
	}
	for _, n := range list {
		if n == name {
			return list
		}
	}
	return append(list, name)
}
