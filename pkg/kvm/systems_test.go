package kvm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

// system is a distribution as its files tell it.
type system struct {
	name    string // "centos 6.4": id and version as facts have them
	kernel  string
	init    agent.Init
	tested  bool
	release map[string]string // by name in /etc
}

// osRelease is the lines of os-release that count, as most systems quote them.
func osRelease(id, version, like, name string) string {
	text := fmt.Sprintf("NAME=\"%s\"\nID=%s\nVERSION_ID=\"%s\"\nPRETTY_NAME=\"%s\"\nHOME_URL=\"https://www.example.org/\"\n", name, id, version, name)
	if like != "" {
		text += "ID_LIKE=\"" + like + "\"\n"
	}
	return text
}

func ubuntu(version, kernel string, init agent.Init, tested bool) system {
	return system{"ubuntu " + version, kernel, init, tested, map[string]string{
		"os-release":     osRelease("ubuntu", version, "debian", "Ubuntu "+version+" LTS"),
		"lsb-release":    "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=" + version + "\nDISTRIB_CODENAME=x\nDISTRIB_DESCRIPTION=\"Ubuntu " + version + "\"\n",
		"debian_version": "sid\n",
	}}
}

func debian(version, kernel string, init agent.Init, tested bool) system {
	major, _, _ := strings.Cut(version, ".")
	return system{"debian " + version, kernel, init, tested, map[string]string{
		"os-release":     osRelease("debian", major, "", "Debian GNU/Linux "+major),
		"debian_version": version + "\n",
	}}
}

// redhat is one of the family that has os-release and redhat-release.
func redhat(id, version, kernel, like, line string) system {
	return system{strings.ToLower(id) + " " + version, kernel, agent.Systemd, false, map[string]string{
		"os-release": osRelease(`"`+id+`"`, version, like, id), "redhat-release": line + "\n",
	}}
}

// systems are those of the platform's list, and today's.
func systems() []system {
	const el = "rhel centos fedora"
	centos7 := redhat("centos", "7.9.2009", "3.10.0-1160.el7.x86_64", "rhel fedora", "CentOS Linux release 7.9.2009 (Core)")
	centos7.release["os-release"], centos7.tested = osRelease(`"centos"`, "7", "rhel fedora", "CentOS Linux 7 (Core)"), true
	fedora18, fedora20 := redhat("fedora", "18", "3.6.10-4.fc18.x86_64", "", "Fedora release 18 (Spherical Cow)"), redhat("fedora", "20", "3.11.10-301.fc20.x86_64", "", "Fedora release 20 (Heisenbug)")
	fedora18.tested, fedora20.tested = true, true
	return []system{
		ubuntu("12.10", "3.5.0-17-generic", agent.Upstart, true), ubuntu("13.10", "3.11.0-12-generic", agent.Upstart, true), ubuntu("14.04", "3.13.0-32-generic", agent.Upstart, true),
		ubuntu("16.04", "4.4.0-21-generic", agent.Systemd, true), ubuntu("18.04", "4.15.0-20-generic", agent.Systemd, false), ubuntu("20.04", "5.4.0-26-generic", agent.Systemd, false),
		ubuntu("22.04", "5.15.0-25-generic", agent.Systemd, false), ubuntu("24.04", "6.8.0-31-generic", agent.Systemd, false), ubuntu("26.04", "7.0.0-10-generic", agent.Systemd, false),
		debian("7.5", "3.2.0-4-amd64", agent.SysV, true), debian("8.11", "3.16.0-6-amd64", agent.Systemd, false), debian("9.13", "4.9.0-13-amd64", agent.Systemd, false),
		debian("10.13", "4.19.0-21-amd64", agent.Systemd, false), debian("11.11", "5.10.0-32-amd64", agent.Systemd, false), debian("12.15", "6.1.0-50-amd64", agent.Systemd, false),
		debian("13.1", "6.12.41-amd64", agent.Systemd, false),
		{"centos 6.4", "2.6.32-358.el6.x86_64", agent.Upstart, true, map[string]string{"redhat-release": "CentOS release 6.4 (Final)\n", "centos-release": "CentOS release 6.4 (Final)\n"}},
		centos7, redhat("centos", "9", "5.14.0-503.el9.x86_64", "rhel fedora", "CentOS Stream release 9"),
		redhat("rocky", "9.4", "5.14.0-427.el9.x86_64", el, "Rocky Linux release 9.4 (Blue Onyx)"), redhat("almalinux", "8.10", "4.18.0-553.el8.x86_64", el, "AlmaLinux release 8.10 (Cerulean Leopard)"),
		redhat("openEuler", "22.03", "5.10.0-60.18.0.50.oe2203.x86_64", "", "openEuler release 22.03 LTS"), redhat("anolis", "8.9", "5.10.134-16.an8.x86_64", el, "Anolis OS release 8.9"),
		fedora18, fedora20, redhat("fedora", "43", "6.17.1-300.fc43.x86_64", "", "Fedora release 43 (Forty Three)"),
		{"opensuse 12.3", "3.7.10-1.1-default", agent.Systemd, true, map[string]string{"os-release": osRelease("opensuse", "12.3", "", "openSUSE 12.3 (Dartmouth)"), "SuSE-release": "openSUSE 12.3 (x86_64)\nVERSION = 12.3\n"}},
		{"opensuse-leap 15.6", "6.4.0-150600.21-default", agent.Systemd, false, map[string]string{"os-release": osRelease(`"opensuse-leap"`, "15.6", "suse opensuse", "openSUSE Leap 15.6")}},
		{"opensuse-tumbleweed 20260101", "6.18.2-1-default", agent.Systemd, false, map[string]string{"os-release": osRelease(`"opensuse-tumbleweed"`, "20260101", "opensuse suse", "openSUSE Tumbleweed")}},
		{"alpine 3.22.1", "6.12.31-0-virt", agent.OpenRC, false, map[string]string{"os-release": osRelease("alpine", "3.22.1", "", "Alpine Linux v3.22"), "alpine-release": "3.22.1\n"}},
	}
}

// become makes a busybox root look like a system whose init has just booted it.
func (s system) become(t *testing.T, root string) {
	t.Helper()
	for _, old := range []string{"run", "lib/systemd", "sbin/openrc-run", "sbin/initctl", "etc/os-release", "etc/lsb-release", "etc/debian_version", "etc/redhat-release", "etc/centos-release", "etc/SuSE-release", "etc/alpine-release"} {
		must(t, os.RemoveAll(filepath.Join(root, old)))
	}
	// The shell of busybox asks no program for what uname tells.
	files := map[string]string{"bin/shell": "#!/bin/sh\nscript=$2\nshift 2\nexec /bin/sh -c \"uname() { echo Linux h " + s.kernel + " x86_64; }\n$script\" \"$@\"\n", "proc/1/comm": "init\n"}
	for name, text := range s.release {
		files["etc/"+name] = text
	}
	switch s.init {
	case agent.Systemd:
		files["proc/1/comm"], files["lib/systemd/systemd"], files["run/systemd/system/x"] = "systemd\n", "", ""
	case agent.Upstart:
		files["sbin/initctl"] = "#!/bin/sh\necho 'init (upstart 1.12.1)'\n"
	case agent.OpenRC:
		files["sbin/openrc-run"] = "#!/bin/sh\n"
	}
	for name, text := range files {
		file := filepath.Join(root, name)
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(t, os.WriteFile(file, []byte(text), 0o755))
	}
}

// wantService is the files of the service on each init system.
func wantService(init agent.Init) []string {
	switch init {
	case agent.Systemd:
		return []string{"/etc/init.d/confd", "/etc/systemd/system/confd.service"}
	case agent.Upstart:
		return []string{"/etc/init.d/confd", "/etc/init/confd.conf", "/etc/init/confd.override"}
	}
	return []string{"/etc/init.d/confd"}
}

// What is planned on every system, by the scripts that look at it: the service
// that fits, and no daemon that its kernel cannot run.
func TestPlanOnEverySystem(t *testing.T) {
	root := busyboxRoot(t)
	h := &kvmtest.Local{Shell: []string{"/bin/shell"}, Root: root}
	for _, s := range systems() {
		s.become(t, root)
		opts := kvm.InstallOptions{Options: kvm.Options{Plan: true}, Builtin: true, Agent: ready(t, bundle(t))}
		r := kvm.InstallAgent(t.Context(), localDialer{h}, kvm.Target{Host: "local"}, opts)
		if strings.HasPrefix(s.kernel, "2.") {
			if r.OK || !strings.Contains(r.Error, "Linux 3.2") || !strings.Contains(strings.Join(r.Hints, ""), "--agent official") {
				t.Errorf("%s: the built-in daemon: %v %q", s.name, r.Err, r.Hints)
			}
			opts.Builtin = false
			r = kvm.InstallAgent(t.Context(), localDialer{h}, kvm.Target{Host: "local"}, opts)
		}
		if !r.OK {
			t.Errorf("%s: %v", s.name, r.Err)
			continue
		}
		f := r.Facts
		if got := f.ID + " " + f.Version; got != s.name || f.Init != s.init || !f.Booted || f.Tested != s.tested || f.Kernel != s.kernel || f.Name == "" {
			t.Errorf("%s: %s, %s, booted %v, tested %v, %s", s.name, got, f.Init, f.Booted, f.Tested, f.Kernel)
		}
		if got := planned(r); !slices.Equal(got, wantService(s.init)) {
			t.Errorf("%s: the service's files %q", s.name, got)
		}
	}
}

// planned are the files of the service that a plan writes.
func planned(r *kvm.Report) (out []string) {
	for _, a := range r.Changes {
		if a.Do == "write" && slices.ContainsFunc([]string{"/etc/init.d/", "/etc/init/", "/etc/systemd/"}, func(dir string) bool { return strings.HasPrefix(a.Path, dir) }) {
			out = append(out, a.Path)
		}
	}
	return out
}

// Upstart does not start the job at boot: its override is written with it.
func TestUpstartIsOverridden(t *testing.T) {
	root := busyboxRoot(t)
	ubuntu("14.04", "3.13.0-32-generic", agent.Upstart, true).become(t, root)
	h := &kvmtest.Local{Shell: []string{"/bin/shell"}, Root: root}
	r := kvm.InstallAgent(t.Context(), localDialer{h}, kvm.Target{Host: "local"}, kvm.InstallOptions{Options: kvm.Options{Plan: true}, Builtin: true, Agent: ready(t, bundle(t))})
	must(t, r.Err)
	at := slices.IndexFunc(r.Changes, func(a kvm.Action) bool { return a.Path == "/etc/init/confd.override" })
	if at < 0 || !strings.HasSuffix(r.Changes[at].Diff, "\n+manual\n") || r.Changes[at].Mode != "0644" {
		t.Errorf("%+v", r.Changes)
	}
}

// The user's word on the init system wins over what was found, and is enough on
// a system that is not known.
func TestForceInit(t *testing.T) {
	root := busyboxRoot(t)
	h := &kvmtest.Local{Shell: []string{"/bin/shell"}, Root: root}
	unknown := system{"plan9 4", "6.1.0", agent.Systemd, false, map[string]string{"os-release": osRelease("plan9", "4", "", "Plan 9")}}
	for _, s := range []system{unknown, debian("12.15", "6.1.0-50-amd64", agent.Systemd, false)} {
		s.become(t, root)
		for _, init := range []agent.Init{agent.Systemd, agent.SysV, agent.Upstart, agent.OpenRC} {
			r := kvm.InstallAgent(t.Context(), localDialer{h}, kvm.Target{Host: "local"}, kvm.InstallOptions{Options: kvm.Options{Plan: true}, Builtin: true, ForceInit: init, Agent: ready(t, bundle(t))})
			if got := planned(r); !r.OK || r.Facts.Init != init || !slices.Equal(got, wantService(init)) {
				t.Errorf("%s with %s: %v, %q", s.name, init, r.Err, got)
			}
		}
	}
}
