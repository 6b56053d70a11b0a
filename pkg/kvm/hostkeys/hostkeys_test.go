package hostkeys_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/kvm/hostkeys"
)

func newKey(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newRSA(t testing.TB) ssh.PublicKey {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return s.PublicKey()
}

func text(k ssh.PublicKey) string { return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(k))) }

func load(t testing.TB, lines ...string) *hostkeys.DB {
	t.Helper()
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := hostkeys.Load(file, filepath.Join(t.TempDir(), "not there"))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// verdict is the kind of what Check says.
func verdict(err error) string {
	var unknown *hostkeys.UnknownError
	var changed *hostkeys.ChangedError
	var revoked *hostkeys.RevokedError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &unknown):
		return "unknown"
	case errors.As(err, &changed):
		return "changed"
	case errors.As(err, &revoked):
		return "revoked"
	}
	return err.Error()
}

func TestCheck(t *testing.T) {
	a, b, other := newKey(t).PublicKey(), newKey(t).PublicKey(), newRSA(t)
	hashed := func(name string) string { return knownhosts.HashHostname(name) + " " + text(a) }
	for _, c := range []struct {
		what, name string
		lines      []string
		key        ssh.PublicKey
		want       string
	}{
		{"plain", "web", []string{"web " + text(a)}, a, "ok"},
		{"list with an address", "10.0.0.1", []string{"web,10.0.0.1 " + text(a)}, a, "ok"},
		{"upper case on file", "web", []string{"WEB " + text(a)}, a, "ok"},
		{"none", "web", nil, a, "unknown"},
		{"changed", "web", []string{"web " + text(a)}, b, "changed"},
		{"two keys on file", "web", []string{"web " + text(a), "web " + text(b)}, b, "ok"},
		{"other type on file", "web", []string{"web " + text(other)}, a, "changed"},
		{"wildcard", "x.example.com", []string{"*.example.com " + text(a)}, a, "ok"},
		{"negation", "x.example.com", []string{"*.example.com,!x.* " + text(a)}, a, "unknown"},
		{"port", "[web]:2222", []string{"[web]:2222 " + text(a)}, a, "ok"},
		{"port, wildcard", "[web.example]:2222", []string{"[*.example]:* " + text(a)}, a, "ok"},
		{"port, known without", "[web]:2222", []string{"web " + text(a)}, a, "ok"},
		{"port, another key without", "[web]:2222", []string{"web " + text(a)}, b, "unknown"},
		{"port, changed", "[web]:2222", []string{"[web]:2222 " + text(a), "web " + text(b)}, b, "changed"},
		{"other port is another host", "web", []string{"[web]:2222 " + text(a)}, a, "unknown"},
		{"hashed", "web", []string{hashed("web")}, a, "ok"},
		{"hashed, changed", "web", []string{hashed("web")}, b, "changed"},
		{"hashed with port", "[web]:99", []string{hashed("[web]:99")}, a, "ok"},
		{"hashed, other", "web2", []string{hashed("web")}, a, "unknown"},
		{"revoked", "web", []string{"web " + text(a), "@revoked * " + text(a)}, a, "revoked"},
		{"revoked for another", "web", []string{"web " + text(a), "@revoked db " + text(a)}, a, "ok"},
		{"revoked, port", "[web]:2222", []string{"[web]:2222 " + text(a), "@revoked [web]:2222 " + text(a)}, a, "revoked"},
		{"authority is no host key", "web", []string{"@cert-authority web " + text(a)}, a, "unknown"},
		{"unreadable lines", "web", []string{"web ssh-tomorrow AAAA", "web", "@what web " + text(a), "web ssh-rsa " + strings.Fields(text(a))[1], "web " + text(a)}, a, "ok"},
		{"comment and blanks", "web", []string{"# web " + text(b), "", "  web\t" + strings.ReplaceAll(text(a), " ", "\t ") + " comment of mine"}, a, "ok"},
		{"IPv6", "::1", []string{"::1 " + text(a)}, a, "ok"},
		{"IPv6 with port", "[::1]:22022", []string{"[::1]:22022 " + text(a)}, a, "ok"},
	} {
		db := load(t, c.lines...)
		for what, db := range map[string]*hostkeys.DB{c.what: db, c.what + ", of the host alone": db.Of(c.name)} {
			if got := verdict(db.Check(c.name, c.key, time.Now())); got != c.want {
				t.Errorf("%s: %s, want %s", what, got, c.want)
			}
		}
	}
}

// A known key that was not asked for is no changed one.
func TestRuledOut(t *testing.T) {
	a, b, rsaKey := newKey(t).PublicKey(), newKey(t).PublicKey(), newRSA(t)
	for _, c := range []struct {
		what       string
		known      []string
		shown      ssh.PublicKey
		algorithms []string
		want       bool
	}{
		{"another kind asked for", []string{"web " + text(a)}, rsaKey, []string{ssh.KeyAlgoRSASHA256}, true},
		{"both asked for", []string{"web " + text(a)}, rsaKey, []string{ssh.KeyAlgoRSASHA256, ssh.KeyAlgoED25519}, false},
		{"asked for by an older name", []string{"web " + text(rsaKey)}, a, []string{ssh.KeyAlgoED25519, ssh.KeyAlgoRSA}, false},
		{"the same kind", []string{"web " + text(a)}, b, []string{ssh.CertAlgoED25519v01}, false},
		{"one of two asked for", []string{"web " + text(a), "web " + text(newRSA(t))}, rsaKey, []string{ssh.KeyAlgoRSASHA512}, false},
	} {
		var changed *hostkeys.ChangedError
		if err := load(t, c.known...).Check("web", c.shown, time.Now()); !errors.As(err, &changed) {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if got := changed.RuledOut(c.algorithms); (got != nil) != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

func certificate(t *testing.T, authority ssh.Signer, edit func(*ssh.Certificate)) *ssh.Certificate {
	t.Helper()
	c := &ssh.Certificate{
		Key: newKey(t).PublicKey(), CertType: ssh.HostCert, KeyId: "id", ValidPrincipals: []string{"web"},
		ValidAfter: uint64(time.Now().Add(-time.Hour).Unix()), ValidBefore: uint64(time.Now().Add(time.Hour).Unix()),
	}
	if edit != nil {
		edit(c)
	}
	if err := c.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCheckCertificates(t *testing.T) {
	ca, stranger := newKey(t), newKey(t)
	trust := "@cert-authority *,[*]:* " + text(ca.PublicKey())
	both := []string{"@cert-authority web " + text(stranger.PublicKey()), trust}
	for _, c := range []struct {
		what, name string
		lines      []string
		edit       func(*ssh.Certificate)
		want       string
	}{
		{"good", "web", []string{trust}, nil, "ok"},
		{"good, second authority", "web", both, nil, "ok"},
		{"good, with port", "[web]:2222", []string{trust}, nil, "ok"},
		{"good, authority without port", "[web]:2222", []string{"@cert-authority web " + text(ca.PublicKey())}, nil, "ok"},
		{"wildcard principal", "web", []string{trust}, func(c *ssh.Certificate) { c.ValidPrincipals = []string{"w*"} }, "ok"},
		{"no principals", "web", []string{trust}, func(c *ssh.Certificate) { c.ValidPrincipals = nil }, "ok"},
		{"other host", "db", []string{trust}, nil, "it is for web"},
		{"expired", "web", []string{trust}, func(c *ssh.Certificate) { c.ValidBefore = uint64(time.Now().Unix() - 9) }, "expired"},
		{"user certificate", "web", []string{trust}, func(c *ssh.Certificate) { c.CertType = ssh.UserCert }, "it is no host certificate"},
		{"critical option", "web", []string{trust}, func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"x": ""} }, "critical option"},
		{"authority revoked", "web", []string{trust, "@revoked * " + text(ca.PublicKey())}, nil, "revoked"},
		{"authority unknown", "web", []string{"@cert-authority web " + text(stranger.PublicKey())}, nil, "unknown"},
		{"authority of others", "web", []string{"@cert-authority db " + text(ca.PublicKey())}, nil, "unknown"},
	} {
		got := verdict(load(t, c.lines...).Of(c.name).Check(c.name, certificate(t, ca, c.edit), time.Now()))
		if got != c.want && !(strings.Contains(c.want, " ") || c.want == "expired") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	cert := certificate(t, ca, nil)
	if got := verdict(load(t, "web "+text(cert.Key)).Check("web", cert, time.Now())); got != "ok" {
		t.Errorf("a certificate of a stranger around a known key: %s", got)
	}
	forged := certificate(t, ca, nil)
	forged.ValidPrincipals = []string{"web", "db"}
	if got := verdict(load(t, trust).Check("db", forged, time.Now())); !strings.Contains(got, "signature") {
		t.Errorf("a forged certificate: %s", got)
	}
}

func TestAlgorithms(t *testing.T) {
	ed, rsaKey := newKey(t).PublicKey(), newRSA(t)
	all := []string{ssh.CertAlgoED25519v01, ssh.CertAlgoRSASHA512v01, ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	for _, c := range []struct {
		lines []string
		name  string
		first int
		want  string
	}{
		{nil, "web", 0, ssh.CertAlgoED25519v01},
		{[]string{"web " + text(rsaKey)}, "web", 2, ssh.KeyAlgoRSASHA512},
		{[]string{"web " + text(rsaKey), "web " + text(ed)}, "web", 3, ssh.KeyAlgoED25519},
		{[]string{"web " + text(rsaKey)}, "[web]:2222", 2, ssh.KeyAlgoRSASHA512},
		{[]string{"@cert-authority web " + text(rsaKey)}, "web", 2, ssh.CertAlgoED25519v01},
		{[]string{"db " + text(rsaKey)}, "web", 0, ssh.CertAlgoED25519v01},
	} {
		db := load(t, c.lines...)
		got := db.Algorithms(c.name, all)
		if of := db.Of(c.name).Algorithms(c.name, all); !reflect.DeepEqual(of, got) {
			t.Errorf("%q: %v, and of the host alone %v", c.lines, got, of)
		}
		if len(got) != len(all) || got[0] != c.want {
			t.Errorf("%q: %v", c.lines, got)
		}
	}
	for spec, want := range map[string][]string{
		"": {"b", "c"}, "a,b,zz": {"a", "b"}, "+a": {"b", "c", "a"}, "^c,a": {"c", "a", "b"}, "-b": {"c"}, "-*": {},
	} {
		if got := hostkeys.Apply(spec, []string{"b", "c"}, []string{"a", "b", "c"}); !reflect.DeepEqual(got, want) {
			t.Errorf("Apply(%q) = %q, want %q", spec, got, want)
		}
	}
}

// What is recorded is found again, by ssh-keygen too.
func TestRecord(t *testing.T) {
	keygen := testneed.Tool(t, "ssh-keygen")
	for _, hashed := range []bool{false, true} {
		file := filepath.Join(t.TempDir(), "new folder", "known_hosts")
		key := newKey(t).PublicKey()
		for _, name := range []string{"web", "[web]:2222"} {
			if err := hostkeys.Record(file, name, key, hashed); err != nil {
				t.Fatal(err)
			}
			db, err := hostkeys.Load(file)
			if err != nil || db.Check(name, key, time.Now()) != nil {
				t.Errorf("%s is not found: %v", name, err)
			}
			if out, err := exec.Command(keygen, "-F", name, "-f", file).CombinedOutput(); err != nil || !strings.Contains(string(out), text(key)) {
				t.Errorf("ssh-keygen -F %s: %v\n%s", name, err, out)
			}
		}
		data, err := os.ReadFile(file)
		// With what follows a name: a hash may hold the letters by chance.
		named := strings.Contains(string(data), "web ") || strings.Contains(string(data), "[web]:")
		if err != nil || named == hashed {
			t.Errorf("hashed %v: %s", hashed, data)
		}
	}
}

func TestRecordsDoNotGetLost(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(file, []byte("# mine, without a last newline"), 0o640), os.Symlink(file, link)); err != nil {
		t.Fatal(err)
	}
	key := newKey(t).PublicKey()
	const n = 40
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := hostkeys.Record(link, fmt.Sprintf("host%d", i), key, false); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	data, err := os.ReadFile(file)
	if err != nil || strings.Count(string(data), "\n") != n+1 || !strings.HasPrefix(string(data), "# mine") {
		t.Errorf("%v\n%s", err, data)
	}
	if st, err := os.Lstat(link); err != nil || st.Mode().Type() != os.ModeSymlink {
		t.Error("the link was replaced")
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o640 {
		t.Errorf("the mode was changed: %v", st.Mode())
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left behind: %v", left)
	}
}

func BenchmarkCheck(b *testing.B) {
	key := newKey(b).PublicKey()
	for _, hashed := range []bool{false, true} {
		var lines []string
		for i := range 3000 {
			name := fmt.Sprintf("10.0.%d.%d", i/250, i%250)
			if hashed {
				name = knownhosts.HashHostname(name)
			}
			lines = append(lines, name+" "+text(key))
		}
		file := filepath.Join(b.TempDir(), "known_hosts")
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("hashed=%v", hashed), func(b *testing.B) {
			for b.Loop() {
				db, err := hostkeys.Load(file)
				if err != nil {
					b.Fatal(err)
				}
				db = db.Of("10.0.3.3")
				db.Algorithms("10.0.3.3", nil)
				if err := db.Check("10.0.3.3", key, time.Now()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("web " + text(newKey(f).PublicKey()))
	f.Add("@revoked * ssh-rsa AAAA\n|1|x|y ssh-ed25519 AAAA\n@cert-authority")
	key := newKey(f).PublicKey()
	f.Fuzz(func(t *testing.T, s string) {
		db := load(t, s)
		db.Algorithms("[web]:22", nil)
		if db.Check("web", key, time.Now()) == nil || db.Of("web").Check("web", key, time.Now()) == nil {
			t.Errorf("a key that is nowhere was found in %q", s)
		}
	})
}
