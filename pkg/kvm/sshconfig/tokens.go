package sshconfig

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Which tokens a keyword knows: TOKENS of ssh_config(5).
const (
	connectionTokens = "%CdhijkLlnpru"
	proxyTokens      = "%hnpr"
)

// tokens is what the tokens of one connection stand for.
type tokens map[byte]string

func (w *walker) tokens() tokens {
	host, user := w.host(), w.user()
	port := w.first("port")
	if port == "" {
		port = "22"
	}
	jump := w.first("proxyjump")
	alias := w.first("hostkeyalias")
	if alias == "" {
		alias = w.query.Host
	}
	short, _, _ := strings.Cut(w.c.o.Hostname, ".")
	sum := sha1.Sum([]byte(w.c.o.Hostname + host + port + user + jump))
	return tokens{
		'%': "%", 'C': hex.EncodeToString(sum[:]), 'd': w.c.o.Home, 'h': host, 'i': fmt.Sprint(os.Getuid()),
		'j': jump, 'k': alias, 'L': short, 'l': w.c.o.Hostname, 'n': w.query.Host, 'p': port, 'r': user, 'u': w.c.o.User,
	}
}

// expand replaces the %x of s that are among allowed.
func (t tokens) expand(s, allowed string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) || strings.IndexByte(allowed, s[i]) < 0 {
			return "", fmt.Errorf("%q has a token that is not known there", s)
		}
		b.WriteString(t[s[i]])
	}
	return b.String(), nil
}

// path expands ~, ${VARIABLE} and tokens of a file's name.
func (w *walker) path(s string) (string, error) {
	s, err := w.expandEnv(expandHome(s, w.c.o.Home))
	if err != nil {
		return "", err
	}
	return w.tokens().expand(s, connectionTokens)
}

func expandHome(s, home string) string {
	if s == "~" {
		return home
	}
	if rest, ok := strings.CutPrefix(s, "~/"); ok {
		return filepath.Join(home, rest)
	}
	return s
}

func (w *walker) expandEnv(s string) (string, error) {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, "${")
		b.WriteString(before)
		if !ok {
			return b.String(), nil
		}
		name, rest, closed := strings.Cut(after, "}")
		value := w.c.o.Getenv(name)
		if !closed || value == "" {
			return "", fmt.Errorf("%q names the environment variable %q, which is not set", s, name)
		}
		b.WriteString(value)
		s = rest
	}
}
