package doc

import (
	"path"
	"strings"
)

// IsCompose reports whether a YAML file is one of docker-compose.
func IsCompose(d *Doc) bool {
	base := path.Base(d.Node)
	if strings.Contains(base, "compose") {
		return true
	}
	return (strings.HasPrefix(d.Text, "services:") || strings.Contains(d.Text, "\nservices:")) && strings.Contains(d.Text, "image:")
}

// IsEnv reports whether a file is there to set variables.
func IsEnv(name string) bool {
	base := strings.ToLower(path.Base(name))
	switch path.Base(path.Dir(name)) {
	case "default", "sysconfig", "envs", "env", "conf.d":
		return true
	}
	return strings.HasSuffix(base, ".env") || base == "env" || strings.HasSuffix(base, "-env.sh") || base == "setenv.sh" ||
		strings.HasSuffix(base, "_env.sh") || strings.HasSuffix(base, "env.conf") || base == "env.sh" || base == "envvars"
}

// IsPeriodic reports whether cron runs a script because of where it lies.
func IsPeriodic(node string) bool {
	switch dir := path.Base(path.Dir(node)); dir {
	case "cron.hourly", "cron.daily", "cron.weekly", "cron.monthly", "15min", "hourly", "daily", "weekly", "monthly":
		return strings.HasPrefix(dir, "cron.") || path.Base(path.Dir(path.Dir(node))) == "periodic"
	}
	return false
}
