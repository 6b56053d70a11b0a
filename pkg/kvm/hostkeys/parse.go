package hostkeys

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm/sshconfig"
)

// Markers of a line.
const (
	authority = "@cert-authority"
	revoked   = "@revoked"
)

// entry is one line: whose key it is, and the key, which is read for the host
// that is connected to alone: a file may have thousands of lines.
type entry struct {
	marker string
	hosts  string // patterns, comma separated, or one |1|salt|hash
	kind   string // of the key
	text   string // of the key, in base64
	key    ssh.PublicKey
	pos    diag.Pos
}

// DB is the content of known_hosts files. It is not changed once it is loaded.
type DB struct{ entries []entry }

// Load reads files; one that is not there is like an empty one. Lines that
// cannot be read are passed over, as by OpenSSH.
func Load(files ...string) (*DB, error) {
	db := &DB{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the known hosts: %w", err)
		}
		db.read(f, data)
	}
	return db, nil
}

func (db *DB) read(file string, data []byte) {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		if e, ok := parseEntry(text); ok {
			e.pos = diag.Pos{File: file, Line: n}
			db.entries = append(db.entries, e)
		}
	}
}

func parseEntry(text string) (e entry, ok bool) {
	f := strings.Fields(text)
	if strings.HasPrefix(f[0], "@") {
		if f[0] != authority && f[0] != revoked {
			return e, false
		}
		e.marker, f = f[0], f[1:]
	}
	if len(f) < 3 {
		return e, false
	}
	e.hosts, e.kind, e.text = f[0], f[1], f[2]
	return e, true
}

// parseKey reports whether the entry's key could be read.
func (e *entry) parseKey() bool {
	blob, err := base64.StdEncoding.DecodeString(e.text)
	if err != nil {
		return false
	}
	e.key, err = ssh.ParsePublicKey(blob)
	return err == nil && e.key.Type() == e.kind
}

// matches reports whether the entry is about a host under its name in the
// files: "host", or "[host]:port" for a port other than 22.
func (e entry) matches(name string) bool {
	if hash, ok := strings.CutPrefix(e.hosts, "|1|"); ok {
		return hashMatches(hash, name)
	}
	return sshconfig.MatchList(strings.ToLower(e.hosts), name)
}

func hashMatches(hash, name string) bool {
	saltText, sumText, ok := strings.Cut(hash, "|")
	salt, err1 := base64.StdEncoding.DecodeString(saltText)
	sum, err2 := base64.StdEncoding.DecodeString(sumText)
	if !ok || err1 != nil || err2 != nil {
		return false
	}
	mac := hmac.New(sha1.New, salt)
	mac.Write([]byte(name))
	return hmac.Equal(mac.Sum(nil), sum)
}
