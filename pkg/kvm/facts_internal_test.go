package kvm

import (
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/agent"
)

// What the systems of platform.md and today's say of themselves: the lines of
// survey.sh, and what is to be read in them.
func TestFactsOfSystems(t *testing.T) {
	const systemd, sysv, upstart, openrc = "pid1=systemd\ninit.booted=systemd\ninit.has=systemd\ninit.has=sysv", "pid1=init\ninit.has=sysv", "pid1=init\ninit.has=upstart\ninit.has=sysv", "pid1=init\ninit.has=openrc\ninit.has=sysv"
	for _, c := range []struct {
		said    string
		id      string
		version string
		init    agent.Init
		tested  bool
		known   bool
		runsGo  bool
	}{
		{"lsb.DISTRIB_ID=Ubuntu\nlsb.DISTRIB_RELEASE=12.10\nos.ID=ubuntu\nos.VERSION_ID=12.10\nuname=Linux h 3.5.0-17-generic x86_64\n" + upstart, "ubuntu", "12.10", agent.Upstart, true, true, true},
		{"os.ID=ubuntu\nos.VERSION_ID=14.04\nuname=Linux h 3.13.0-32-generic x86_64\n" + upstart, "ubuntu", "14.04", agent.Upstart, true, true, true},
		{"os.ID=ubuntu\nos.VERSION_ID=16.04\nos.ID_LIKE=debian\nuname=Linux h 4.4.0-21-generic x86_64\n" + systemd + "\ninit.has=upstart", "ubuntu", "16.04", agent.Systemd, true, true, true},
		{"os.ID=ubuntu\nos.VERSION_ID=26.04\nuname=Linux h 7.0.0-generic aarch64\n" + systemd, "ubuntu", "26.04", agent.Systemd, false, true, true},
		{"release.redhat-release=CentOS release 6.4 (Final)\nrelease.centos-release=CentOS release 6.4 (Final)\nuname=Linux h 2.6.32-358.el6.x86_64 x86_64\n" + upstart, "centos", "6.4", agent.Upstart, true, true, false},
		{"os.ID=centos\nos.VERSION_ID=7\nrelease.centos-release=CentOS Linux release 7.9.2009 (Core)\nuname=Linux h 3.10.0-1160.el7.x86_64 x86_64\n" + systemd, "centos", "7.9.2009", agent.Systemd, true, true, true},
		{"os.ID=centos\nos.VERSION_ID=9\nrelease.centos-release=CentOS Stream release 9\nuname=Linux h 5.14.0-1.el9.x86_64 x86_64\n" + systemd, "centos", "9", agent.Systemd, false, true, true},
		{"os.ID=rocky\nos.VERSION_ID=9.4\nos.ID_LIKE=rhel centos fedora\nuname=Linux h 5.14.0 x86_64\n" + systemd, "rocky", "9.4", agent.Systemd, false, true, true},
		{"os.ID=openEuler\nos.VERSION_ID=22.03\nuname=Linux h 5.10.0 aarch64\n" + systemd, "openeuler", "22.03", agent.Systemd, false, true, true},
		{"os.ID=anolis\nos.VERSION_ID=8.9\nos.ID_LIKE=rhel fedora centos\nuname=Linux h 5.10.134 x86_64\n" + systemd, "anolis", "8.9", agent.Systemd, false, true, true},
		{"os.ID=debian\nos.VERSION_ID=7\nrelease.debian_version=7.5\nuname=Linux h 3.2.0-4-amd64 x86_64\n" + sysv, "debian", "7.5", agent.SysV, true, true, true},
		{"os.ID=debian\nos.PRETTY_NAME=Debian GNU/Linux trixie/sid\nrelease.debian_version=trixie/sid\nuname=Linux h 6.12 x86_64\n" + systemd, "debian", "", agent.Systemd, false, true, true},
		{"release.SuSE-release=openSUSE 12.3 (x86_64)\nuname=Linux h 3.7.10-1.1-default x86_64\n" + systemd, "opensuse", "12.3", agent.Systemd, true, true, true},
		{"os.ID=opensuse-tumbleweed\nos.VERSION_ID=20260101\nos.ID_LIKE=opensuse suse\nuname=Linux h 6.18 x86_64\n" + systemd, "opensuse-tumbleweed", "20260101", agent.Systemd, false, true, true},
		{"os.ID=fedora\nos.VERSION_ID=18\nuname=Linux h 3.6.10-4.fc18.x86_64 x86_64\n" + systemd, "fedora", "18", agent.Systemd, true, true, true},
		{"os.ID=alpine\nos.VERSION_ID=3.22.1\nuname=Linux h 6.12.31-0-virt x86_64\n" + openrc, "alpine", "3.22.1", agent.OpenRC, false, true, true},
		{"release.redhat-release=Red Hat Enterprise Linux Server release 6.5 (Santiago)\nuname=Linux h 2.6.32 x86_64\n" + upstart, "rhel", "6.5", agent.Upstart, false, true, false},
		{"os.ID=gentoo\nos.VERSION_ID=2.17\nuname=Linux h 6.1 x86_64\n" + openrc, "gentoo", "2.17", agent.OpenRC, false, false, true},
		{"uname=Linux h 6.1 riscv64\npid1=runit", "", "", "", false, false, true},
	} {
		values := map[string][]string{}
		for _, l := range strings.Split(c.said, "\n") {
			k, v, _ := strings.Cut(l, "=")
			values[k] = append(values[k], v)
		}
		f := newFacts(values, time.Now())
		if f.ID != c.id || f.Version != c.version || f.Init != c.init || f.Tested != c.tested || f.Known() != c.known || runsGo(f.Kernel) != c.runsGo {
			t.Errorf("%s:\n%s %q %s, tested %v, known %v, runs Go %v", c.said, f.ID, f.Version, f.Init, f.Tested, f.Known(), runsGo(f.Kernel))
		}
	}
}

func FuzzParseSaid(f *testing.F) {
	f.Add("a=b\n=pairs=\n 3 /etc/confd/conf.d/a.toml\n 3 total\n=contents=\nabc=files=\nf-\n81a4 0 0 3\nabc  /x\n")
	f.Add("=pairs=\n=files=\n--\n")
	f.Fuzz(func(t *testing.T, s string) {
		said, err := parseSaid([]byte(s), []string{"/x", "/y"})
		if err != nil {
			return
		}
		if len(said.values["path"]) == 0 && len(said.files) != 2 || said.state("/x").Path != "/x" {
			t.Errorf("%q gives %+v", s, said.files)
		}
		newFacts(said.values, time.Now())
	})
}

func TestFreeSpace(t *testing.T) {
	f := &Facts{free: freeSpace([]string{"/", "/var/lib"}, []string{"Filesystem 1024-blocks Used Available Capacity Mounted on", "/dev/vda1 100 50 40 60% /", "tmpfs 9 0 7 1% /var/lib"})}
	for dir, want := range map[string]int64{"/opt/x": 40 << 10, "/var/lib/appimg": 7 << 10, "/var": 40 << 10} {
		if got := f.Free(dir); got != want {
			t.Errorf("Free(%q) = %d, want %d", dir, got, want)
		}
	}
	if got := (&Facts{free: freeSpace([]string{"/"}, nil)}).Free("/opt"); got != -1 {
		t.Errorf("without df: %d", got)
	}
}
