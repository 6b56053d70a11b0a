package ssh_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

func TestUnknownHost(t *testing.T) {
	w := newWorld(t)
	s := w.plain(kvmtest.ServerOptions{HostKeys: []string{"rsa", "ed25519", "ecdsa"}})
	known := filepath.Join(w.home, ".ssh", "known_hosts")
	if err := os.Remove(known); err != nil {
		t.Fatal(err)
	}
	err := w.refuses(s.Target(), "is not known", "ED25519 SHA256:")
	if hints := strings.Join(diag.Hints(err), "\n"); !strings.Contains(hints, "--accept-new-host-key") {
		t.Errorf("hints: %s", hints)
	}
	if _, err := os.Stat(known); err == nil {
		t.Error("something was recorded")
	}
	w.opts.AcceptNewHostKey = true
	w.works(s.Target())
	w.opts.AcceptNewHostKey = false
	w.works(s.Target())
	if data, err := os.ReadFile(known); err != nil || strings.Count(string(data), "\n") != 1 {
		t.Errorf("recorded %q, %v", data, err)
	}
}

func TestStrictHostKeyChecking(t *testing.T) {
	w := newWorld(t)
	s := w.plain(kvmtest.ServerOptions{})
	config, err := os.ReadFile(w.opts.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	known := filepath.Join(w.home, ".ssh", "known_hosts")
	for mode, accepted := range map[string]bool{"ask": false, "yes": false, "accept-new": true, "no": true} {
		w.configure(string(config), "StrictHostKeyChecking "+mode, "HashKnownHosts yes")
		w.write(".ssh/known_hosts", "# empty\n")
		if !accepted {
			w.refuses(s.Target(), "is not known")
			continue
		}
		w.works(s.Target())
		data, err := os.ReadFile(known)
		if err != nil || !strings.Contains(string(data), "|1|") || strings.Contains(string(data), "127.0.0.1") {
			t.Errorf("%s: recorded %s", mode, data)
		}
	}
	w.configure(string(config), "StrictHostKeyChecking no", "UserKnownHostsFile /dev/null")
	w.works(s.Target())
}

func TestChangedHostIsAlwaysRefused(t *testing.T) {
	w := newWorld(t)
	s := w.plain(kvmtest.ServerOptions{HostKeys: []string{"ed25519", "rsa"}})
	other := kvmtest.StartServer(t, kvmtest.ServerOptions{HostKeys: []string{"ed25519", "rsa"}})
	lines := strings.ReplaceAll(other.KnownHosts(t), fmt.Sprint(other.Port), fmt.Sprint(s.Port))
	w.write(".ssh/known_hosts", lines)
	config, err := os.ReadFile(w.opts.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"ask", "no"} {
		w.configure(string(config), "StrictHostKeyChecking "+mode)
		w.opts.AcceptNewHostKey = true
		err := w.refuses(s.Target(), "HAS CHANGED", "known_hosts:1", "SHA256:")
		if hints := strings.Join(diag.Hints(err), "\n"); !strings.Contains(hints, "ssh-keygen -R") {
			t.Errorf("hints: %s", hints)
		}
	}
	if data, err := os.ReadFile(filepath.Join(w.home, ".ssh", "known_hosts")); err != nil || string(data) != lines {
		t.Errorf("known_hosts was written: %s", data)
	}
}

// A server with several keys shows the one that is known.
func TestKnownKeyTypeIsAskedFor(t *testing.T) {
	w := newWorld(t)
	s := w.plain(kvmtest.ServerOptions{HostKeys: []string{"ed25519", "ecdsa", "rsa"}})
	all := s.KnownHosts(t)
	for _, l := range strings.SplitAfter(strings.TrimSpace(all), "\n") {
		w.write(".ssh/known_hosts", l)
		w.works(s.Target())
	}
	config, err := os.ReadFile(w.opts.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	w.configure(string(config), "HostKeyAlgorithms rsa-sha2-256")
	w.write(".ssh/known_hosts", all)
	w.works(s.Target())
	// Where it must not be asked for, nothing has changed: the host is refused all the
	// same, and nothing is recorded.
	ed25519 := strings.Split(all, "\n")[1] + "\n"
	w.write(".ssh/known_hosts", ed25519)
	w.opts.AcceptNewHostKey = true
	refused := w.refuses(s.Target(), "cannot be compared", "known_hosts:1 has ED25519 SHA256:", "it shows RSA SHA256:")
	if hints := strings.Join(diag.Hints(refused), "\n"); strings.Contains(refused.Error(), "CHANGED") || !strings.Contains(hints, "HostKeyAlgorithms rsa-sha2-256 ") || !strings.Contains(hints, "allow ssh-ed25519 too") {
		t.Errorf("%v\nhints: %s", refused, hints)
	}
	if data, err := os.ReadFile(filepath.Join(w.home, ".ssh", "known_hosts")); err != nil || string(data) != ed25519 {
		t.Errorf("known_hosts was written: %s, %v", data, err)
	}
	// Another key of a kind that is asked for is a changed one, whatever else is known.
	other := kvmtest.StartServer(t, kvmtest.ServerOptions{HostKeys: []string{"rsa"}})
	w.write(".ssh/known_hosts", ed25519+strings.ReplaceAll(other.KnownHosts(t), fmt.Sprint(other.Port), fmt.Sprint(s.Port)))
	w.refuses(s.Target(), "HAS CHANGED")
}

func TestHostCertificatesAndRevocation(t *testing.T) {
	w := newWorld(t)
	ca := kvmtest.NewKey(t, "ed25519", "")
	s := w.plain(kvmtest.ServerOptions{})
	kvmtest.Keygen(t, "-q", "-s", ca, "-h", "-I", "host", "-n", "127.0.0.1,other", s.HostKey("ed25519")+".pub")
	s.Stop()
	config, err := os.OpenFile(filepath.Join(s.Dir, "sshd_config"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(config, "HostCertificate %s-cert.pub\n", s.HostKey("ed25519"))
	config.Close()
	s.Start(t)

	public := func(file string) string {
		data, err := os.ReadFile(file + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	trust := "@cert-authority * " + public(ca)
	for _, c := range []struct {
		what, known string
		want        []string
	}{
		{"authority", trust, nil},
		{"authority of others", "@cert-authority *.example.com " + public(ca), []string{"is not known"}},
		{"the key alone is known", s.KnownHosts(t), nil},
		{"key revoked", trust + "@revoked * " + public(s.HostKey("ed25519")), []string{"is revoked"}},
		{"authority revoked", trust + "@revoked * " + public(ca), []string{"is revoked"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			w.t = t
			w.write(".ssh/known_hosts", c.known)
			if c.want == nil {
				w.works(s.Target())
			} else {
				w.refuses(s.Target(), c.want...)
			}
		})
	}
}

func TestJumpHosts(t *testing.T) {
	w := newWorld(t)
	one, two, end := kvmtest.StartServer(t, kvmtest.ServerOptions{}), kvmtest.StartServer(t, kvmtest.ServerOptions{}), kvmtest.StartServer(t, kvmtest.ServerOptions{})
	keys := map[*kvmtest.Server]string{}
	for _, s := range []*kvmtest.Server{one, two, end} {
		keys[s] = kvmtest.NewKey(t, "ed25519", "")
		s.Authorize(t, keys[s], "")
	}
	w.know(one, two, end)
	hosts := []string{
		"Host one", "HostName 127.0.0.1", "User root", fmt.Sprint("Port ", one.Port), "IdentityFile " + keys[one],
		"Host two", "HostName 127.0.0.1", "User root", fmt.Sprint("Port ", two.Port), "IdentityFile " + keys[two],
		"Host end end2", "HostName 127.0.0.1", "User root", fmt.Sprint("Port ", end.Port), "IdentityFile " + keys[end],
	}
	through := func(jump ...string) { w.configure(append(append([]string(nil), jump...), hosts...)...) }
	fingerprint := func(s *kvmtest.Server) bool { return strings.Contains(s.Log(t), "Accepted publickey") }

	through("Host end", "ProxyJump one,two")
	w.works("end")
	if !fingerprint(one) || !fingerprint(two) {
		t.Error("the hops were left out")
	}
	through("Host end", "ProxyJump two", "Host two", "ProxyJump one")
	w.works("end")
	through("Host end", "ProxyJump ssh://root@two:"+fmt.Sprint(two.Port))
	w.works("end")
	through("Host *", "ProxyJump one")
	w.refuses("end", "jump host")
	through("Host end", fmt.Sprintf("ProxyCommand ssh -F %s -W %%h:%%p one", w.opts.ConfigFile), fmt.Sprintf("UserKnownHostsFile %s/.ssh/known_hosts", w.home), "Host one", fmt.Sprintf("UserKnownHostsFile %s/.ssh/known_hosts", w.home))
	w.works("end")
	through("Host end", "ProxyCommand echo no way >&2; exit 3")
	w.refuses("end", "no way")
	one.Stop()
	through("Host end", "ProxyJump one")
	w.refuses("end", `connecting to the jump host "one"`, "refused")
}

func TestNobodyThere(t *testing.T) {
	w := newWorld(t)
	s := w.plain(kvmtest.ServerOptions{})
	line := kvmtest.NewLine(t, s.Addr())
	line.Silence(true)
	w.opts.ConnectTimeout = 300 * time.Millisecond
	begin := time.Now()
	s.Stop()
	w.refuses(s.Target(), "refused")
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
	deaf := deafServer(t)
	w.refuses("root@"+deaf, "no answer within 300ms")
	target, err := kvm.ParseTarget("root@" + deaf)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.dialer().Dial(t.Context(), target); err == nil {
		t.Error("connected to a deaf server")
	}
	// The command line wins over the configuration, which wins over the default.
	w.configure("ConnectTimeout 1")
	w.refuses("root@"+deaf, "no answer within 300ms")
	w.opts.ConnectTimeout = 0
	w.refuses("root@"+deaf, "no answer within 1s")
	closing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer closing.Close()
	go func() {
		for {
			c, err := closing.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	w.refuses("root@"+closing.Addr().String(), "the server ended the connection before anybody could log in")
}

// A jump host whose server drops logins from the tenth on, as OpenSSH's does,
// lets the way to many machines through.
func TestManyThroughOneJumpHost(t *testing.T) {
	w := newWorld(t)
	key := kvmtest.NewKey(t, "ed25519", "")
	bastion := kvmtest.StartServer(t, kvmtest.ServerOptions{Config: "MaxStartups 10:100:10"})
	behind := kvmtest.StartServer(t, kvmtest.ServerOptions{})
	bastion.Authorize(t, key, "")
	behind.Authorize(t, key, "")
	w.know(bastion, behind)
	w.configure("IdentityFile "+key, "Host behind", "HostName 127.0.0.1", "User root", "Port "+fmt.Sprint(behind.Port), "ProxyJump "+bastion.Target())
	d := w.dialer()
	const n = 32
	errs := make(chan error, n)
	for range n {
		go func() {
			h, err := d.Dial(t.Context(), kvm.Target{Host: "behind"})
			if err == nil {
				err = h.Close()
			}
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// Microsoft's server is known by what it says first, before anything is sent
// that its cmd or PowerShell would take for something else. Only who asks for a
// machine of either kind gets it.
func TestWindowsIsRefused(t *testing.T) {
	w := newWorld(t)
	s := w.plain(kvmtest.ServerOptions{Config: "VersionAddendum OpenSSH_for_Windows_9.5"})
	err := w.refuses(s.Target(), "it is a Windows")
	if hints := diag.Hints(err); len(hints) != 1 || !strings.Contains(hints[0], "install-agent") {
		t.Errorf("%q", hints)
	}
	if log := s.Log(t); strings.Contains(log, "Starting session") {
		t.Errorf("something was run:\n%s", log)
	}
}
