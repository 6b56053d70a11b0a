package hostkeys

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/appimg/appimg/pkg/diag"
)

// Name is how known_hosts calls a host: lower case, with the port only where it is not 22.
func Name(host string, port int) string {
	host = strings.ToLower(host)
	if port == 22 || port == 0 {
		return host
	}
	return fmt.Sprintf("[%s]:%d", host, port)
}

// withoutPort is the name that OpenSSH looks for when the one with the port is unknown.
func withoutPort(name string) (string, bool) {
	if !strings.HasPrefix(name, "[") {
		return "", false
	}
	host, _, err := net.SplitHostPort(name)
	return host, err == nil
}

// UnknownError says that no key of the host is known.
type UnknownError struct {
	Name string
	Key  ssh.PublicKey // the one that the server showed
}

// Error has the fingerprint to compare.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("the host key of %q is not known: it is %s", e.Name, Describe(e.Key))
}

// ChangedError says that the host showed another key than before.
type ChangedError struct {
	Name  string
	Key   ssh.PublicKey   // the one that the server showed
	Known []ssh.PublicKey // the ones on file
	Pos   diag.Pos        // where the first of them is
}

// Error is loud on purpose: somebody may be listening.
func (e *ChangedError) Error() string {
	return fmt.Sprintf("THE HOST KEY OF %q HAS CHANGED: it shows %s, but %s has %s; somebody could be in the middle of this connection, or the machine was made anew",
		e.Name, Describe(e.Key), e.Pos, Describe(e.Known[0]))
}

// RuledOutError says that the host is known, but by none of the kinds of keys
// that it was asked for: what it showed cannot be compared with anything.
type RuledOutError struct {
	Name  string
	Key   ssh.PublicKey   // the one that the server showed
	Known []ssh.PublicKey // the ones on file
	Pos   diag.Pos        // where the first of them is
}

// Error tells both keys.
func (e *RuledOutError) Error() string {
	return fmt.Sprintf("the host key of %q cannot be compared: %s has %s, and the host was asked for another kind of key: it shows %s",
		e.Name, e.Pos, Describe(e.Known[0]), Describe(e.Key))
}

// RuledOut is e in other words where algorithms, those that the host was asked
// for, have none for a known key; nil where they have.
func (e *ChangedError) RuledOut(algorithms []string) *RuledOutError {
	for _, k := range e.Known {
		if k.Type() == e.Key.Type() { // a certificate without its authority
			return nil
		}
		for _, a := range Signatures(k.Type()) {
			if slices.Contains(algorithms, a) {
				return nil
			}
		}
	}
	return &RuledOutError{e.Name, e.Key, e.Known, e.Pos}
}

// RevokedError says that the key, or the authority that signed it, is revoked.
type RevokedError struct {
	Name string
	Key  ssh.PublicKey
	Pos  diag.Pos
}

// Error says where it was revoked.
func (e *RevokedError) Error() string {
	return fmt.Sprintf("the host key of %q is revoked by %s: %s", e.Name, e.Pos, Describe(e.Key))
}

// Describe is a key's type and fingerprint, as ssh-keygen -l prints them.
func Describe(key ssh.PublicKey) string {
	kind := ssh.KeyAlgoRSA
	if key.Type() != ssh.KeyAlgoRSA {
		kind = key.Type()
	}
	names := map[string]string{
		ssh.KeyAlgoRSA: "RSA", ssh.KeyAlgoED25519: "ED25519", ssh.KeyAlgoECDSA256: "ECDSA", ssh.KeyAlgoECDSA384: "ECDSA",
		ssh.KeyAlgoECDSA521: "ECDSA", ssh.KeyAlgoSKED25519: "ED25519-SK", ssh.KeyAlgoSKECDSA256: "ECDSA-SK",
	}
	if n, ok := names[kind]; ok {
		kind = n
	}
	return kind + " " + ssh.FingerprintSHA256(plain(key))
}

// plain is the key that a certificate is about, or key itself.
func plain(key ssh.PublicKey) ssh.PublicKey {
	if cert, ok := key.(*ssh.Certificate); ok {
		return cert.Key
	}
	return key
}

func same(a, b ssh.PublicKey) bool { return bytes.Equal(a.Marshal(), b.Marshal()) }

// Check decides whether key is the host's, by its name in the files. A key of
// another type than the known ones counts as changed: Algorithms asked for the
// known ones first, so the server no longer has them.
func (db *DB) Check(name string, key ssh.PublicKey, now time.Time) error {
	err := db.check(name, key, now)
	var unknown *UnknownError
	if bare, ok := withoutPort(name); ok && errors.As(err, &unknown) {
		if e := db.check(bare, key, now); e == nil || errors.As(e, new(*RevokedError)) {
			return e
		}
	}
	return err
}

func (db *DB) check(name string, key ssh.PublicKey, now time.Time) error {
	if pos := db.revocation(name, key); !pos.IsZero() {
		return &RevokedError{name, plain(key), pos}
	}
	if cert, ok := key.(*ssh.Certificate); ok {
		if db.signed(name, cert.SignatureKey) {
			return checkCertificate(name, cert, now)
		}
		// Without its authority a certificate is no more than the key in it.
		key = cert.Key
	}
	changed := &ChangedError{Name: name, Key: key}
	for _, e := range db.about(name) {
		if e.marker != "" {
			continue
		}
		if same(e.key, key) {
			return nil
		}
		if changed.Known == nil {
			changed.Pos = e.pos
		}
		changed.Known = append(changed.Known, e.key)
	}
	if changed.Known == nil {
		return &UnknownError{name, key}
	}
	return changed
}

// Of has what db has of the host, so that a check of its keys need not look
// through the rest once more.
func (db *DB) Of(name string) *DB {
	names := []string{name}
	if bare, ok := withoutPort(name); ok {
		names = append(names, bare)
	}
	of := &DB{}
	for _, e := range db.entries {
		if slices.ContainsFunc(names, e.matches) && e.parseKey() {
			of.entries = append(of.entries, e)
		}
	}
	return of
}

func (db *DB) about(name string) []entry {
	var out []entry
	for _, e := range db.entries {
		if e.matches(name) && (e.key != nil || e.parseKey()) {
			out = append(out, e)
		}
	}
	return out
}

// revocation is where key, or the authority that signed it, is revoked for the host.
func (db *DB) revocation(name string, key ssh.PublicKey) diag.Pos {
	suspects := []ssh.PublicKey{plain(key)}
	if cert, ok := key.(*ssh.Certificate); ok {
		suspects = append(suspects, cert.SignatureKey)
	}
	for _, e := range db.about(name) {
		if e.marker == revoked && slices.ContainsFunc(suspects, func(k ssh.PublicKey) bool { return same(e.key, k) }) {
			return e.pos
		}
	}
	return diag.Pos{}
}

func (db *DB) signed(name string, by ssh.PublicKey) bool {
	return slices.ContainsFunc(db.about(name), func(e entry) bool { return e.marker == authority && same(e.key, by) })
}

// checkCertificate decides whether a certificate of a known authority is for
// this host, now.
func checkCertificate(name string, cert *ssh.Certificate, now time.Time) error {
	host := name
	if bare, ok := withoutPort(name); ok {
		host = bare
	}
	err := certificateFault(cert, host, now)
	if err != nil {
		err = fmt.Errorf("refusing the host certificate of %q (serial %d, key id %q): %w", name, cert.Serial, cert.KeyId, err)
	}
	return err
}

func certificateFault(cert *ssh.Certificate, host string, now time.Time) error {
	if cert.CertType != ssh.HostCert {
		return errors.New("it is no host certificate")
	}
	checker := ssh.CertChecker{Clock: func() time.Time { return now }}
	if len(cert.ValidPrincipals) > 0 {
		if !principal(cert.ValidPrincipals, host) {
			return fmt.Errorf("it is for %s", strings.Join(cert.ValidPrincipals, ", "))
		}
		host = cert.ValidPrincipals[0] // the library knows no wildcards
	}
	return checker.CheckCert(host, cert)
}
