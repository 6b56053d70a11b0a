package disk_test

import (
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/validate/persist/disk"
)

func TestWhere(t *testing.T) {
	m := disk.NewMap()
	m.Link("/var/log/nginx", "/data/log/nginx")
	m.Link("/opt/app/logs", "../../data/logs")
	m.Link("/a", "/b")
	m.Link("/b", "/a") // a loop
	m.Link("/data/away", "/opt/away")
	m.Link("/nfs", disk.External)
	m.Link("/unknown", "$X/y")
	m.Link("/*", "/data")
	m.Link("/opt/server", "server-$VERSION")
	m.Link("/opt/any", "$VERSION")
	m.Symlink("/var/lib", "/data/mysql")
	m.Symlink("/opt/into", "/data/x")
	for path, want := range map[string]disk.Place{
		"/data/x": disk.Volume, "/data": disk.Volume, "/data/": disk.Volume, "/database": disk.System, "/srv/two/x": disk.Volume,
		"/var/log/nginx/a.log": disk.Volume, "/var/log/nginx2": disk.System, "/opt/app/logs/a": disk.Volume, "/opt/app": disk.System,
		"/a/x": disk.Unclear, "/data/away/x": disk.System, "/nfs/x": disk.Volume, "/unknown/x": disk.Unclear, "/opt/server/uploads": disk.System, "/opt/any/uploads": disk.Unclear,
		"/var/lib/mysql/x": disk.Volume, "/var/lib/other": disk.System, "/opt/into/y": disk.Volume, "/opt/into/x/y": disk.Volume,
		"/tmp/x": disk.Passing, "/run/x.pid": disk.Passing, "/var/run/x": disk.Passing, "/opt/qingcloud/app-agent/log/x": disk.Passing,
		"$X/y": disk.Unclear, "/data/$x/y": disk.Volume, "/var/log/$x.log": disk.System, "/$x/y": disk.Unclear, "": disk.Unclear,
	} {
		if got := m.Where(path, []string{"/data", "/srv/two/"}); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	for path, want := range map[string]disk.Place{`D:\\x`: disk.Volume, `d:/x`: disk.Volume, `C:\\x`: disk.System} {
		if got := m.Where(path, []string{"d:"}); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	if got := m.Where("/data/x", nil); got != disk.System {
		t.Errorf("/data without a volume: %v", got)
	}
}

func TestInside(t *testing.T) {
	m := disk.NewMap()
	m.Container("/var/log/app", "/data/log")
	m.Container("/same", "/same")
	for path, want := range map[string]bool{"/var/log/app/x": true, "/var/log/other": false, "/same/x": false, "/data/log/x": false} {
		if got := m.Inside(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestContainersOfOneRole(t *testing.T) {
	all := disk.NewMap()
	all.Container("/var/lib/app", "/data/app")
	own, other := all.Of(), all.Of()
	own.Container("/srv/files", "/data/files")
	own.Container("/cache", "")
	for path, want := range map[string]string{"/srv/files/a": "/data/files/a", "/var/lib/app": "/data/app", "/cache/x": "", "/srv/filesystem": ""} {
		hosts, _ := own.Outside(path)
		if got := strings.Join(hosts, " "); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
	if _, ok := other.Outside("/srv/files/a"); ok || other.Covered("/srv/files/a") {
		t.Error("what one role's containers see, another's see")
	}
	if !own.Covered("/cache/x") || !own.Covered("/var/lib/app") || own.Covered("/srv") {
		t.Error("what is mounted where is not known")
	}
}

func FuzzWhere(f *testing.F) {
	f.Add("/a/b", "/data", "/a", "/data/a")
	f.Add("/a", "d:", "/a", "/a/b")
	f.Add("$x", "", "/", "..")
	f.Fuzz(func(_ *testing.T, path, mount, at, target string) {
		m := disk.NewMap()
		m.Link(at, target)
		m.Link(target, at)
		m.Symlink(path, target)
		m.Container(at, target)
		m.Where(path, []string{mount})
		m.Inside(path)
	})
}
