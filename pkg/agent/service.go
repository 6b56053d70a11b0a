package agent

import (
	"bytes"
	"fmt"
	"path"
	"strings"
)

// Init is an init system.
type Init string

// The init systems that the agent has a service for.
const (
	SysV    Init = "sysv"
	Systemd Init = "systemd"
	Upstart Init = "upstart"
	OpenRC  Init = "openrc"
)

// initScript is where the guide's "service confd restart" looks on every system.
const initScript = "/etc/init.d/confd"

// Service is the files that register the agent with an init system; nothing in
// them enables or starts it, since the platform does. /etc/init.d/confd is
// always among them.
func Service(init Init) ([]File, error) {
	sysv := file(initScript, 0o755, text("service/sysv"))
	switch init {
	case SysV:
		return []File{sysv}, nil
	case Systemd:
		return []File{sysv, file("/etc/systemd/system/confd.service", 0o644, text("service/confd.service"))}, nil
	case Upstart:
		return []File{sysv, file("/etc/init/confd.conf", 0o644, text("service/confd.upstart"))}, nil
	case OpenRC:
		return []File{file(initScript, 0o755, text("service/openrc"))}, nil
	}
	return nil, fmt.Errorf("choosing the service for %q: it is none of sysv, systemd, upstart, openrc", init)
}

// PersistLogs is the script that puts the agent's logs into dir, a folder on a
// volume, before the service starts: dir is an absolute path of letters,
// digits and "._-/".
func PersistLogs(dir string) (File, error) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/"
	if !path.IsAbs(dir) || path.Clean(dir) != dir || dir == "/" || strings.Trim(dir, letters) != "" {
		return File{}, fmt.Errorf("choosing %q for the logs: it is no plain absolute path", dir)
	}
	return file(Home+"/bin/persist-logs", 0o755, bytes.ReplaceAll(text("persist-logs"), []byte("@DIR@"), []byte(dir))), nil
}
