package ssh_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

func TestEveryKindOfKey(t *testing.T) {
	s := kvmtest.StartServer(t, kvmtest.ServerOptions{})
	for _, kind := range []string{"ed25519", "rsa", "ecdsa", "rsa-pem", "ecdsa-pem"} {
		for _, passphrase := range []string{"", "open sesame"} {
			t.Run(kind+"/"+strings.ReplaceAll(passphrase, " ", "_"), func(t *testing.T) {
				w := newWorld(t)
				key := kvmtest.NewKey(t, kind, passphrase)
				s.Authorize(t, key, "")
				w.know(s)
				w.configure("IdentityFile " + key)
				w.answers(passphrase)
				w.works(s.Target())
				if want := int64(len(passphrase) / max(1, len(passphrase))); w.asks.Load() != want {
					t.Errorf("asked %d times, want %d", w.asks.Load(), want)
				}
				if err := os.Remove(key + ".pub"); err != nil {
					t.Fatal(err)
				}
				w.works(s.Target())
			})
		}
	}
}

func TestDefaultIdentities(t *testing.T) {
	w := newWorld(t)
	s := w.plain(kvmtest.ServerOptions{})
	w.configure("")
	key := kvmtest.NewKey(t, "ecdsa", "")
	s.Authorize(t, key, "")
	data, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	w.refuses(s.Target(), "permission denied", "publickey", "nothing could be offered")
	w.write(".ssh/id_ecdsa", string(data))
	w.works(s.Target())
}

func TestPassphrases(t *testing.T) {
	w := newWorld(t)
	s := kvmtest.StartServer(t, kvmtest.ServerOptions{})
	w.know(s)
	right, other := kvmtest.NewKey(t, "ed25519", "right"), kvmtest.NewKey(t, "rsa", "other")
	s.Authorize(t, right, "")
	w.configure("IdentityFile "+other, "IdentityFile "+right)

	w.refuses(s.Target(), "has a passphrase: nobody is there to be asked")

	w.answers("wrong")
	w.refuses(s.Target(), "passphrase of the key", "is wrong")
	if n := w.asks.Load(); n != 3 {
		t.Errorf("asked %d times, want 3: a key that the server does not want needs no passphrase", n)
	}

	// Once for all hosts.
	w.asks.Store(0)
	w.answers("right")
	d := w.dialer()
	target, err := kvm.ParseTarget(s.Target())
	if err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, 4)
	for range cap(errs) {
		go func() {
			h, err := d.Dial(t.Context(), target)
			if err == nil {
				err = h.Close()
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := w.asks.Load(); n != 1 {
		t.Errorf("asked %d times for 4 hosts", n)
	}
}

func TestAgent(t *testing.T) {
	w := newWorld(t)
	s := kvmtest.StartServer(t, kvmtest.ServerOptions{})
	w.know(s)
	wanted := kvmtest.NewKey(t, "ed25519", "")
	s.Authorize(t, wanted, "")
	others := make([]string, 7) // more than a server lets one try
	for i := range others {
		others[i] = kvmtest.NewKey(t, "ed25519", "")
	}
	rsa := kvmtest.NewKey(t, "rsa", "")
	s.Authorize(t, rsa, "")

	t.Run("from the environment", func(t *testing.T) {
		t.Setenv("SSH_AUTH_SOCK", startAgent(t, wanted))
		w.works(s.Target())
	})
	t.Run("IdentityAgent", func(t *testing.T) {
		w.configure("IdentityAgent " + startAgent(t, rsa))
		w.works(s.Target())
	})
	t.Run("the named key comes first", func(t *testing.T) {
		sock := startAgent(t, append(others, wanted)...)
		w.configure("IdentityAgent " + sock)
		w.refuses(s.Target(), "Too many authentication failures")
		// The file may hold the public half alone.
		public, err := os.ReadFile(wanted + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		only := filepath.Join(t.TempDir(), "only.pub")
		if err := os.WriteFile(only, public, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{wanted, wanted + ".pub", strings.TrimSuffix(only, ".pub")} {
			w.configure("IdentityAgent "+sock, "IdentitiesOnly yes", "IdentityFile "+file)
			w.works(s.Target())
		}
	})
	t.Run("IdentitiesOnly", func(t *testing.T) {
		w.configure("IdentityAgent "+startAgent(t, wanted), "IdentitiesOnly yes", "IdentityFile "+others[0])
		w.refuses(s.Target(), "permission denied")
	})
	t.Run("gone", func(t *testing.T) {
		w.configure("IdentityAgent /nowhere/agent", "IdentityFile "+wanted)
		w.works(s.Target())
		w.configure("IdentityAgent /nowhere/agent")
		err := w.refuses(s.Target(), "asking the agent")
		if len(diag.Hints(err)) == 0 {
			t.Errorf("%v has no hint", err)
		}
	})
}

func TestUserCertificates(t *testing.T) {
	w := newWorld(t)
	ca := kvmtest.NewKey(t, "ed25519", "")
	s := kvmtest.StartServer(t, kvmtest.ServerOptions{Config: "TrustedUserCAKeys " + ca + ".pub"})
	w.know(s)
	sign := func(key string, args ...string) string {
		kvmtest.Keygen(t, append([]string{"-q", "-s", ca, "-I", "test", "-n", "root"}, append(args, key+".pub")...)...)
		return key + "-cert.pub"
	}
	for _, kind := range []string{"ed25519", "rsa", "ecdsa"} {
		key := kvmtest.NewKey(t, kind, "")
		w.configure("IdentityFile " + key)
		w.refuses(s.Target(), "permission denied")
		cert := sign(key)
		w.works(s.Target())
		w.configure("IdentityAgent "+startAgent(t, key), "IdentitiesOnly yes", "IdentityFile "+key)
		w.works(s.Target())

		elsewhere := filepath.Join(t.TempDir(), "cert.pub")
		if err := os.Rename(cert, elsewhere); err != nil {
			t.Fatal(err)
		}
		w.configure("IdentityFile "+key, "CertificateFile "+elsewhere)
		w.works(s.Target())
	}
	locked := kvmtest.NewKey(t, "ed25519", "secret")
	sign(locked)
	w.answers("secret")
	w.configure("IdentityFile " + locked)
	w.works(s.Target())

	expired := kvmtest.NewKey(t, "ed25519", "")
	sign(expired, "-V", "20200101:20200102")
	w.configure("IdentityFile " + expired)
	w.refuses(s.Target(), "permission denied")
}

func TestTwoFactors(t *testing.T) {
	w := newWorld(t)
	s := kvmtest.StartServer(t, kvmtest.ServerOptions{Config: "AuthenticationMethods publickey,publickey"})
	w.know(s)
	a, b := kvmtest.NewKey(t, "ed25519", ""), kvmtest.NewKey(t, "rsa", "")
	s.Authorize(t, a, "")
	w.configure("IdentityFile " + a)
	w.refuses(s.Target(), "permission denied")
	s.Authorize(t, b, "")
	w.configure("IdentityFile "+a, "IdentityFile "+b)
	w.works(s.Target())
}
