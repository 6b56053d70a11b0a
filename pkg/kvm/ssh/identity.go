package ssh

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/appimg/appimg/pkg/kvm/sshconfig"
)

// identity is a key to offer: where it is from, for messages, and its signer.
type identity struct {
	source string
	signer ssh.Signer
}

// identities are the keys to offer to a host, in OpenSSH's order: certificates,
// the agent's keys that the configuration names, the agent's others (unless
// IdentitiesOnly), then the files. note hears what was left out, and later what
// could not sign. done ends the conversation with the agent.
func (d *Dialer) identities(ctx context.Context, s *sshconfig.Settings, note func(error)) (ids []identity, done func()) {
	held, done, err := agentKeys(ctx, s.IdentityAgent)
	if err != nil {
		note(err)
	}
	var files []identity
	explicit := append(slices.Clone(d.o.Identities), s.IdentityFiles...)
	for i, f := range explicit {
		id, err := d.fileKey(ctx, f, held, note)
		if err != nil {
			missing := errors.Is(err, fs.ErrNotExist)
			if !missing || i < len(d.o.Identities) || !s.IdentityDefaults {
				note(err)
			}
			continue
		}
		files = append(files, id)
	}
	var inAgent, onDisk []identity
	for _, f := range files {
		if i := indexKey(held, f.signer.PublicKey()); i >= 0 {
			inAgent = append(inAgent, held[i])
			held = slices.Delete(held, i, i+1)
		} else {
			onDisk = append(onDisk, f)
		}
	}
	ids = certificates(s, explicit, slices.Concat(inAgent, held, onDisk), note)
	ids = append(ids, inAgent...)
	if !s.IdentitiesOnly {
		ids = append(ids, held...)
	} else {
		// Certificates that the agent holds for a named key count as named.
		ids = append(ids, certificatesOf(held, files)...)
	}
	return append(ids, onDisk...), done
}

func indexKey(ids []identity, key ssh.PublicKey) int {
	return slices.IndexFunc(ids, func(id identity) bool { return bytes.Equal(id.signer.PublicKey().Marshal(), key.Marshal()) })
}

func certificatesOf(held, files []identity) []identity {
	var out []identity
	for _, h := range held {
		if cert, ok := h.signer.PublicKey().(*ssh.Certificate); ok && indexKey(files, cert.Key) >= 0 {
			out = append(out, h)
		}
	}
	return out
}

// agentKeys are what the agent at socket holds. done ends the conversation.
func agentKeys(ctx context.Context, socket string) (ids []identity, done func(), err error) {
	done = func() {}
	if socket == "" {
		return nil, done, nil
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, done, fmt.Errorf("asking the agent: %w", err)
	}
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		conn.Close()
		return nil, done, fmt.Errorf("asking the agent at %q: %w", socket, err)
	}
	for _, s := range signers {
		ids = append(ids, identity{"the agent", s})
	}
	return ids, func() { conn.Close() }, nil
}

// fileKey reads a private key; an encrypted one is decrypted when a server
// wants its signature. With only the public half on disk the agent has to hold
// the other.
func (d *Dialer) fileKey(ctx context.Context, file string, held []identity, note func(error)) (identity, error) {
	id := identity{source: file}
	data, err := os.ReadFile(file)
	public, publicErr := publicKey(file + ".pub")
	if errors.Is(err, fs.ErrNotExist) && publicErr == nil && indexKey(held, public) >= 0 {
		id.signer = publicOnly{public}
		return id, nil
	}
	if err != nil {
		return id, fmt.Errorf("reading the key %q: %w", file, reason(err))
	}
	if key, _, _, _, err := ssh.ParseAuthorizedKey(data); err == nil { // IdentityFile may name the .pub itself
		id.signer = publicOnly{key}
		if indexKey(held, key) < 0 {
			return id, fmt.Errorf("reading the key %q: it is a public key, and the agent does not hold the private one", file)
		}
		return id, nil
	}
	signer, err := ssh.ParsePrivateKey(data)
	var encrypted *ssh.PassphraseMissingError
	switch {
	case errors.As(err, &encrypted):
		id.signer, err = d.encryptedKey(&lazyKey{ctx: ctx, file: file, data: data, secrets: d.secrets, public: encrypted.PublicKey, note: note}, public)
	case err == nil:
		id.signer = signer
	}
	if err != nil {
		return id, fmt.Errorf("reading the key %q: %w", file, err)
	}
	return id, nil
}

func publicKey(file string) (ssh.PublicKey, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(data)
	return key, err
}

// reason is err without the path that the message has already.
func reason(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// publicOnly stands for a key whose private half is elsewhere.
type publicOnly struct{ key ssh.PublicKey }

func (p publicOnly) PublicKey() ssh.PublicKey { return p.key }
func (p publicOnly) Sign(io.Reader, []byte) (*ssh.Signature, error) {
	return nil, errors.New("the private key is not here")
}

// encryptedKey is the signer of a key that has a passphrase.
func (d *Dialer) encryptedKey(key *lazyKey, beside ssh.PublicKey) (ssh.Signer, error) {
	if key.public == nil {
		key.public = beside
	}
	if key.public == nil { // an old format, without its .pub: only the passphrase tells which key it is
		if err := key.unlock(); err != nil {
			return nil, err
		}
		key.public = key.opened.PublicKey()
	}
	return key, nil
}

// lazyKey asks for its passphrase when it has to sign.
type lazyKey struct {
	ctx     context.Context // of the handshake that the key is for
	file    string
	data    []byte
	secrets *secrets
	public  ssh.PublicKey
	opened  ssh.AlgorithmSigner
	note    func(error) // hears why it cannot sign, which the library keeps to itself
}

var _ ssh.AlgorithmSigner = (*lazyKey)(nil)

func (k *lazyKey) PublicKey() ssh.PublicKey { return k.public }

func (k *lazyKey) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return k.SignWithAlgorithm(rand, data, "")
}

func (k *lazyKey) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	if err := k.unlock(); err != nil {
		k.note(err)
		return nil, err
	}
	return k.opened.SignWithAlgorithm(rand, data, algorithm)
}

func (k *lazyKey) unlock() error {
	if k.opened != nil {
		return nil
	}
	err := k.secrets.solve(k.ctx, "key "+k.file, Prompt{Text: fmt.Sprintf("Passphrase for the key %q", k.file)}, func(passphrase string) error {
		signer, err := ssh.ParsePrivateKeyWithPassphrase(k.data, []byte(passphrase))
		if errors.Is(err, x509.IncorrectPasswordError) {
			return fmt.Errorf("the passphrase of the key %q is wrong", k.file)
		}
		if err != nil {
			return &finalError{err}
		}
		k.opened = signer.(ssh.AlgorithmSigner)
		return nil
	})
	if errors.Is(err, errNobody) {
		return fmt.Errorf("the key %q has a passphrase: %w", k.file, err)
	}
	return err
}

// certificates are the certificates of the configuration, and those beside the
// key files (X-cert.pub), that one of the keys fits.
func certificates(s *sshconfig.Settings, keyFiles []string, keys []identity, note func(error)) (out []identity) {
	files := slices.Clone(s.CertificateFiles)
	for _, f := range keyFiles {
		files = append(files, f+"-cert.pub")
	}
	for i, f := range files {
		key, err := publicKey(f)
		if err != nil {
			if i < len(s.CertificateFiles) {
				note(fmt.Errorf("reading the certificate %q: %w", f, reason(err)))
			}
			continue
		}
		cert, ok := key.(*ssh.Certificate)
		if !ok {
			continue
		}
		at := indexKey(keys, cert.Key)
		if at < 0 {
			continue
		}
		if signer, err := ssh.NewCertSigner(cert, keys[at].signer); err == nil {
			out = append(out, identity{f, signer})
		}
	}
	return out
}
