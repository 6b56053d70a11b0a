package ssh

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm/hostkeys"
)

// hostCheck decides on the key that a server shows.
type hostCheck struct {
	a          dialing
	name       string // in known_hosts
	algorithms []string
	db         *hostkeys.DB
	err        error // why the key was refused
}

func newHostCheck(a dialing) *hostCheck {
	c := &hostCheck{a: a, name: hostkeys.Name(a.s.HostName, a.s.Port)}
	if a.s.HostKeyAlias != "" {
		c.name = hostkeys.Name(a.s.HostKeyAlias, 22)
	}
	c.db, c.err = hostkeys.Load(append(slices.Clone(a.s.UserKnownHostsFiles), a.s.GlobalKnownHosts...)...)
	//lint:ignore SA1019 an old machine's key may be of no better kind; it is taken only where ssh_config or known_hosts names it
	preferred := hostkeys.Apply(a.s.HostKeyAlgorithms, defaultHostKeys(), append(defaultHostKeys(), ssh.InsecureKeyAlgoDSA))
	if c.db != nil {
		c.db = c.db.Of(c.name)
		c.algorithms = c.db.Algorithms(c.name, preferred)
	}
	return c
}

// defaultHostKeys is OpenSSH's order; SHA-1 comes last, for machines that have nothing else.
func defaultHostKeys() []string {
	return []string{
		ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01, ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
		ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA,
	}
}

// check is the verdict, kept in err: the library wraps what it is told.
func (c *hostCheck) check(key ssh.PublicKey) error {
	if c.err == nil {
		c.err = c.verdict(key)
	}
	return c.err
}

func (c *hostCheck) verdict(key ssh.PublicKey) error {
	err := c.db.Check(c.name, key, time.Now())
	pinned := c.a.pin.key
	var unknown *hostkeys.UnknownError
	var changed *hostkeys.ChangedError
	switch {
	case errors.As(err, &unknown) && pinned != nil && !bytes.Equal(pinned.Marshal(), unknown.Key.Marshal()):
		return &hostkeys.ChangedError{Name: c.name, Key: key, Known: []ssh.PublicKey{pinned}, Pos: diag.Pos{File: "this connection"}}
	case errors.As(err, &unknown) && pinned == nil:
		err = c.meet(unknown)
	case errors.As(err, &unknown):
		err = nil
	case errors.As(err, &changed):
		if other := changed.RuledOut(c.algorithms); other != nil {
			return c.explain(other)
		}
		return diag.WithHint(err, "if you know that the machine was made anew: ssh-keygen -R %q -f %q, then connect again", c.name, changed.Pos.File)
	}
	if err == nil {
		c.a.pin.key = key
		if cert, ok := key.(*ssh.Certificate); ok {
			c.a.pin.key = cert.Key
		}
	}
	return err
}

// explain says what keeps a known host from showing its known key.
func (c *hostCheck) explain(e *hostkeys.RuledOutError) error {
	kind := e.Known[0].Type()
	if c.a.s.HostKeyAlgorithms == "" {
		return diag.WithHint(e, "keys of the kind %s are no longer asked for; record the other one once you have compared its fingerprint with the machine's", kind)
	}
	return diag.WithHint(e, "HostKeyAlgorithms %s of the SSH configuration rules the known key out: let it allow %s too, or record the other key once you have compared its fingerprint with the machine's",
		c.a.s.HostKeyAlgorithms, hostkeys.Signatures(kind)[0])
}

// meet decides on a host that was never seen before.
func (c *hostCheck) meet(unknown *hostkeys.UnknownError) error {
	mode := c.a.s.StrictHostKey
	if !c.a.d.o.AcceptNewHostKey && mode != "accept-new" && mode != "no" {
		return diag.WithHint(unknown, "compare the fingerprint with the machine's (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub there), then run again with --accept-new-host-key, which records it")
	}
	file, ok := recordFile(c.a.s.UserKnownHostsFiles)
	if !ok {
		c.a.d.log.Warn("accepted a new host key without recording it", "host", c.name, "key", hostkeys.Describe(unknown.Key))
		return nil
	}
	c.a.d.log.Info("recorded a new host key", "host", c.name, "key", hostkeys.Describe(unknown.Key), "file", file)
	if err := hostkeys.Record(file, c.name, unknown.Key, c.a.s.HashKnownHosts); err != nil {
		return fmt.Errorf("accepting a new host: %w", err)
	}
	return nil
}

// recordFile is the first file that can be written: /dev/null is none.
func recordFile(files []string) (string, bool) {
	if len(files) == 0 {
		return "", false
	}
	st, err := os.Stat(files[0])
	return files[0], err != nil || st.Mode().IsRegular()
}
