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

// entry is one line: whose key it is, and the key.
type entry struct {
	marker string
	hosts  string // patterns, comma separated, or one |1|salt|hash
	key    ssh.PublicKey
	pos    diag.Pos
}

// DB is the content of known_hosts files. It is not changed once it is loaded.
type DB struct {
	entries []entry
	// Skipped are the places of lines that could not be read. OpenSSH goes on
	// after them, and so does Load.
	Skipped []diag.Pos
}

// Load reads files; one that is not there is like an empty one.
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
		pos := diag.Pos{File: file, Line: n}
		e, err := parseEntry(text)
		if err != nil {
			db.Skipped = append(db.Skipped, pos)
			continue
		}
		e.pos = pos
		db.entries = append(db.entries, e)
	}
}

func parseEntry(text string) (e entry, err error) {
	f := strings.Fields(text)
	if strings.HasPrefix(f[0], "@") {
		if f[0] != authority && f[0] != revoked {
			return e, fmt.Errorf("unknown marker %q", f[0])
		}
		e.marker, f = f[0], f[1:]
	}
	if len(f) < 3 {
		return e, errors.New("too few words")
	}
	blob, err := base64.StdEncoding.DecodeString(f[2])
	if err != nil {
		return e, err
	}
	e.hosts = f[0]
	if e.key, err = ssh.ParsePublicKey(blob); err != nil {
		return e, err
	}
	if e.key.Type() != f[1] {
		return e, fmt.Errorf("a key of type %q is called %q", e.key.Type(), f[1])
	}
	return e, nil
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
