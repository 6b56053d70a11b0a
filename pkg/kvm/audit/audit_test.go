package audit_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/audit"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
	"github.com/appimg/appimg/pkg/kvm/ssh"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(file), 0o755))
	must(t, os.WriteFile(file, []byte(text), 0o644))
}

func dial(t *testing.T, m *kvmtest.Machine) kvm.Host {
	t.Helper()
	home := t.TempDir()
	key := kvmtest.NewKey(t, "ed25519", "")
	m.Authorize(t, key)
	write(t, filepath.Join(home, ".ssh/known_hosts"), m.KnownHosts(t))
	write(t, filepath.Join(home, ".ssh/config"), "IdentityFile "+key+"\nIdentitiesOnly yes\n")
	t.Setenv("SSH_AUTH_SOCK", "")
	d, err := ssh.NewDialer(ssh.Options{Home: home, User: "tester", ConfigFile: filepath.Join(home, ".ssh/config")})
	must(t, err)
	target, err := kvm.ParseTarget(m.Target("root"))
	must(t, err)
	h, err := d.Dial(t.Context(), target)
	must(t, err)
	t.Cleanup(func() { h.Close() })
	return h
}

// installed is a machine on which appimg has installed the agent a moment ago.
const installed = `sleep 1.1; useradd -r store
mkdir -p /var/lib/appimg /etc/confd/conf.d /opt/app/bin
cat >/etc/confd/conf.d/store.toml <<'end'
[template]
src = "store.tmpl"
dest = "/etc/store/store.conf"
keys = ["/"]
end
cat >/etc/confd/conf.d/parts.toml <<'end'
[template]
src = "parts.tmpl"
dest = '/opt/app/bin/parts.sh'
keys = ["/"]
end
printf 'file 00 /usr/local/bin/tool\n' >/var/lib/appimg/agent
`

// writes is what an app leaves behind.
func writes(t *testing.T, root string) {
	t.Helper()
	for file, text := range map[string]string{
		"var/lib/store/dump.rdb":              strings.Repeat("x", 5000),
		"var/lib/store/with a blank.db":       "xx",
		"var/lib/store/store.pid":             "1",
		"var/lib/store/cache/index":           "x",
		"etc/store/store.conf":                "rendered",
		"etc/store/.store.conf123":            "staged",
		"opt/app/bin/parts.sh":                "cat > /opt/app/conf/a.conf <<- EOF\nx\nEOF\ncat <<EOF >/opt/app/conf/b.conf\nEOF\n",
		"opt/app/conf/a.conf":                 "by the script",
		"opt/app/conf/b.conf":                 "by the script",
		"opt/qingcloud/app-agent/log/app.log": "log",
		"usr/local/bin/tool":                  "listed",
		"root/.bash_history":                  "ls",
		"var/log/auth.log":                    "sshd",
		"var/log/auth.log.1":                  "sshd",
		"var/log/fsck/checkroot":              "the check at boot",
		"var/cache/x":                         "x",
		"tmp/x":                               "x",
		"data/store/x":                        "on a volume, when there is one",
		"etc/sudo.conf":                       "changed by hand",
	} {
		write(t, filepath.Join(root, file), text)
	}
	// As when a package is installed: the inode is new, the content old.
	old := time.Now().Add(-1000 * time.Hour)
	must(t, os.Chtimes(filepath.Join(root, "usr/bin/sudo"), old, old))
	must(t, syscall.Mkfifo(filepath.Join(root, "var/lib/store/fifo"), 0o600))
}

func summary(r *audit.Report) string {
	var b strings.Builder
	for _, f := range r.Files {
		b.WriteString(strings.TrimSpace(f.Path+" "+f.Change+" "+f.Owner+" "+f.Package+" "+f.Volume+" "+strings.Join(f.Writers, ",")) + "\n")
	}
	return b.String()
}

func TestAuditSinceInstall(t *testing.T) {
	m := kvmtest.StartMachine(t, kvmtest.MachineOptions{Setup: installed})
	h := dial(t, m)
	root := m.Root(t)
	time.Sleep(1100 * time.Millisecond)
	writes(t, root)
	// The program is taken away only once it runs: the writer is read from the process.
	_, err := h.Run(t.Context(), kvm.Cmd{Script: `mkdir -p /var/log/store && chown store /var/log/store
cp /bin/sleep /bin/stored; (exec /bin/stored 60 >>/var/log/store/store.log 2>&1 </dev/null) & echo log >>/var/log/store/store.log; chown store /var/log/store/store.log
until readlink "/proc/$!/exe" | grep -q stored; do sleep 0.02; done; rm /bin/stored`})
	must(t, err)
	r, err := audit.Run(t.Context(), h, audit.SinceInstall(), audit.Options{Mounts: []string{"/data", "/log"}})
	must(t, err)
	got := summary(r)
	for _, want := range []string{
		"/var/lib/store/dump.rdb  root  /data\n", "/var/lib/store/with a blank.db  root  /data\n", "/etc/sudo.conf  root sudo /data\n",
		"/var/log/store/store.log  store  /log stored (",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
	if len(r.Files) != 4 || r.Ignored < 10 || r.Files[0].Size != 5000 {
		t.Errorf("%d ignored:\n%s", r.Ignored, got)
	}
}

func TestAuditSinceASnapshot(t *testing.T) {
	m := kvmtest.StartMachine(t, kvmtest.MachineOptions{Setup: "mkdir -p /srv/db; echo 1 >/srv/db/a; echo 1 >/srv/db/b; echo 1 >/srv/db/c"})
	h := dial(t, m)
	root := m.Root(t)
	if _, err := audit.Run(t.Context(), h, audit.SinceInstall(), audit.Options{}); err == nil || !strings.Contains(err.Error(), "installed nothing") {
		t.Errorf("since an installation that never was: %v", err)
	}
	s, err := audit.Take(t.Context(), h)
	must(t, err)
	if s.Len() < 1000 {
		t.Errorf("%d files", s.Len())
	}
	var file bytes.Buffer
	must(t, s.Write(&file))
	s, err = audit.Read(&file)
	must(t, err)
	write(t, filepath.Join(root, "srv/db/a"), "22")
	write(t, filepath.Join(root, "srv/db/new"), "1")
	must(t, os.Chmod(filepath.Join(root, "srv/db/b"), 0o600))
	r, err := audit.Run(t.Context(), h, audit.Since(s), audit.Options{})
	must(t, err)
	if got := summary(r); got != "/srv/db/a changed root\n/srv/db/new new root\n" && got != "/srv/db/new new root\n/srv/db/a changed root\n" {
		t.Errorf("got:\n%s", got)
	}
}

// On a system of busybox alone, with apk's database.
func TestAuditOnBusybox(t *testing.T) {
	testneed.Root(t)
	root := t.TempDir()
	data, err := os.ReadFile(testneed.Tool(t, "busybox"))
	must(t, err)
	write(t, root+"/bin/busybox", string(data))
	must(t, os.Chmod(root+"/bin/busybox", 0o755))
	install := exec.Command("/bin/busybox", "--install", "-s", "/bin")
	install.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	if out, err := install.CombinedOutput(); err != nil {
		testneed.Missing(t, "busybox-static", err.Error()+string(out))
	}
	must(t, os.Mkdir(root+"/dev", 0o755))
	must(t, syscall.Mknod(root+"/dev/null", syscall.S_IFCHR|0o666, 1<<8|3))
	write(t, root+"/proc/mounts", "/dev/vda1 / ext4 rw 0 0\n/dev/vda1 /srv ext4 rw 0 0\nproc /proc proc rw 0 0\n")
	write(t, root+"/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
	write(t, root+"/lib/apk/db/installed", "P:store\nF:etc\nR:store.conf\nP:other\n")
	h := &kvmtest.Local{Root: root, Shell: []string{"/bin/sh"}}
	s, err := audit.Take(t.Context(), h)
	must(t, err)
	write(t, root+"/srv/two\nlines", "x")
	write(t, root+"/srv/x", "xxx")
	write(t, root+"/etc/store.conf", "xx")
	r, err := audit.Run(t.Context(), h, audit.Since(s), audit.Options{})
	must(t, err)
	if got := summary(r); got != "/srv/x new root\n/etc/store.conf new root store\n/srv/two\nlines new root\n" {
		t.Errorf("got:\n%s", got)
	}
}

func TestSnapshotsThatAreNone(t *testing.T) {
	var good bytes.Buffer
	must(t, (&audit.Snapshot{}).Write(&good))
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("hello"), "cut": good.Bytes()[:good.Len()-9]} {
		if _, err := audit.Read(bytes.NewReader(data)); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func FuzzRead(f *testing.F) {
	var good bytes.Buffer
	if err := (&audit.Snapshot{Host: "h"}).Write(&good); err != nil {
		f.Fatal(err)
	}
	f.Add(good.Bytes())
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = audit.Read(bytes.NewReader(data)) // no panic, whatever the bytes
	})
}
