package sshconfig

import (
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/diag"
)

// Settings is what the configuration says about one host, with OpenSSH's
// defaults filled in and tokens expanded.
type Settings struct {
	Alias    string // the name that was asked for
	HostName string
	User     string
	Port     int

	IdentityFiles    []string // as written: the default ones, where none is
	IdentityDefaults bool     // IdentityFiles are the default ones
	CertificateFiles []string
	IdentitiesOnly   bool
	IdentityAgent    string // a socket's path; "" is none

	ProxyJump    []string // hops in the order of travel, as [user@]host[:port] or ssh:// URLs
	ProxyCommand string   // for the local shell; "" is none

	HostKeyAlgorithms    string // as written, with its leading "+", "-" or "^"
	HostKeyAlias         string
	UserKnownHostsFiles  []string
	GlobalKnownHosts     []string
	StrictHostKey        string // "yes", "no", "ask", "accept-new"
	HashKnownHosts       bool
	KexAlgorithms        string
	Ciphers              string
	MACs                 string
	PubkeyAlgorithms     string
	PreferredAuth        []string // nil is OpenSSH's order
	PubkeyAuth           bool
	PasswordAuth         bool
	KbdInteractiveAuth   bool
	BatchMode            bool
	AddressFamily        string // "any", "inet", "inet6"
	BindAddress          string
	ConnectTimeout       time.Duration // 0 is the system's
	ConnectionAttempts   int
	ServerAliveInterval  time.Duration // 0 is off
	ServerAliveCountMax  int
	NumberOfPasswordAsks int
}

// Addr is host:port to dial.
func (s *Settings) Addr() string { return net.JoinHostPort(s.HostName, strconv.Itoa(s.Port)) }

// reader turns values into settings, keeping the first mistake.
type reader struct {
	w   *walker
	err error
}

func (w *walker) settings() (*Settings, error) {
	r := &reader{w: w}
	s := &Settings{
		Alias: w.query.Host, HostName: strings.ToLower(w.host()), User: w.user(), Port: r.number("port", 22, 1, 65535),
		CertificateFiles: r.paths("certificatefile"), IdentitiesOnly: r.flag("identitiesonly", false),
		IdentityAgent: r.agent(), HostKeyAlgorithms: w.first("hostkeyalgorithms"), HostKeyAlias: w.first("hostkeyalias"),
		UserKnownHostsFiles: r.files("userknownhostsfile", filepath.Join(w.c.o.Home, ".ssh", "known_hosts"), filepath.Join(w.c.o.Home, ".ssh", "known_hosts2")),
		GlobalKnownHosts:    r.files("globalknownhostsfile", "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"),
		StrictHostKey:       r.strict(), HashKnownHosts: r.flag("hashknownhosts", false),
		KexAlgorithms: w.first("kexalgorithms"), Ciphers: w.first("ciphers"), MACs: w.first("macs"), PubkeyAlgorithms: w.first("pubkeyacceptedalgorithms"),
		PubkeyAuth: r.flag("pubkeyauthentication", true), PasswordAuth: r.flag("passwordauthentication", true),
		KbdInteractiveAuth: r.flag("kbdinteractiveauthentication", true), BatchMode: r.flag("batchmode", false),
		AddressFamily: r.word("addressfamily", "any", "inet", "inet6"), BindAddress: w.first("bindaddress"),
		ConnectTimeout: r.duration("connecttimeout"), ConnectionAttempts: r.number("connectionattempts", 1, 1, 1000),
		ServerAliveInterval: r.duration("serveraliveinterval"), ServerAliveCountMax: r.number("serveralivecountmax", 3, 0, 1000),
		NumberOfPasswordAsks: r.number("numberofpasswordprompts", 3, 1, 100),
	}
	if list := w.first("preferredauthentications"); list != "" {
		s.PreferredAuth = strings.Split(list, ",")
	}
	s.IdentityFiles = r.paths("identityfile")
	if w.values["identityfile"] == nil {
		s.IdentityFiles, s.IdentityDefaults = defaultIdentities(w.c.o.Home), true
	}
	r.proxies(s)
	if r.err != nil {
		return nil, fmt.Errorf("reading the SSH configuration: %w", r.err)
	}
	return s, nil
}

func defaultIdentities(home string) []string {
	var out []string
	for _, name := range []string{"id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk", "id_dsa"} {
		out = append(out, filepath.Join(home, ".ssh", name))
	}
	return out
}

func (r *reader) fail(key string, err error) {
	if r.err == nil {
		r.err = diag.Errorf(r.w.pos[key], "%s: %w", key, err)
	}
}

// paths are the values that add up, each a file's name; "none" is left out.
func (r *reader) paths(key string) []string {
	return r.expanded(key, r.w.values[key])
}

// files are the file names of a keyword that takes several at once.
func (r *reader) files(key string, defaults ...string) []string {
	if v := r.w.values[key]; v != nil {
		return r.expanded(key, v)
	}
	return defaults
}

func (r *reader) expanded(key string, values []string) []string {
	var out []string
	for _, v := range values {
		if strings.EqualFold(v, "none") {
			continue
		}
		p, err := r.w.path(v)
		if err != nil {
			r.fail(key, err)
			continue
		}
		out = append(out, p)
	}
	return out
}

func (r *reader) flag(key string, missing bool) bool {
	switch v := strings.ToLower(r.w.first(key)); v {
	case "":
		return missing
	case "yes", "true", "on":
		return true
	case "no", "false", "off":
		return false
	default:
		r.fail(key, fmt.Errorf("%q is neither yes nor no", v))
		return missing
	}
}

func (r *reader) number(key string, missing, lo, hi int) int {
	v := r.w.first(key)
	if v == "" {
		return missing
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < lo || n > hi {
		r.fail(key, fmt.Errorf("%q is no number from %d to %d", v, lo, hi))
		return missing
	}
	return n
}

// word is one of a few words; the first is the default.
func (r *reader) word(key string, known ...string) string {
	v := strings.ToLower(r.w.first(key))
	if v == "" {
		return known[0]
	}
	if !slices.Contains(known, v) {
		r.fail(key, fmt.Errorf("%q is none of %s", v, strings.Join(known, ", ")))
	}
	return v
}

// strict is StrictHostKeyChecking under its current names.
func (r *reader) strict() string {
	switch v := r.word("stricthostkeychecking", "ask", "yes", "no", "accept-new", "true", "false", "off"); v {
	case "true":
		return "yes"
	case "false", "off":
		return "no"
	default:
		return v
	}
}

// duration is a time of sshd_config(5)'s TIME FORMATS: 90, 1m30s, 2h.
func (r *reader) duration(key string) time.Duration {
	v := strings.ToLower(r.w.first(key))
	if v == "" || v == "none" {
		return 0
	}
	d, err := parseDuration(v)
	if err != nil {
		r.fail(key, err)
	}
	return d
}

func parseDuration(v string) (time.Duration, error) {
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	var sum time.Duration
	for rest := v; rest != ""; {
		i := 0
		for i < len(rest) && rest[i] >= '0' && rest[i] <= '9' {
			i++
		}
		n, err := strconv.Atoi(rest[:i])
		unit := time.Second
		if i < len(rest) {
			unit = units[rest[i]]
			i++
		}
		if err != nil || unit == 0 || n > 1<<31/int(unit/time.Second) {
			return 0, fmt.Errorf("%q is no time", v)
		}
		sum += time.Duration(n) * unit
		rest = rest[i:]
	}
	return sum, nil
}

// agent is the socket of the agent to ask.
func (r *reader) agent() string {
	v := r.w.first("identityagent")
	switch {
	case v == "" || v == "SSH_AUTH_SOCK":
		return r.w.c.o.Getenv("SSH_AUTH_SOCK")
	case strings.EqualFold(v, "none"):
		return ""
	case strings.HasPrefix(v, "$") && !strings.HasPrefix(v, "${"):
		return r.w.c.o.Getenv(v[1:])
	}
	p, err := r.w.path(v)
	if err != nil {
		r.fail("identityagent", err)
	}
	return p
}

func (r *reader) proxies(s *Settings) {
	t := r.w.tokens()
	if v := r.w.first("proxyjump"); v != "" {
		if strings.EqualFold(v, "none") {
			return
		}
		jump, err := t.expand(v, proxyTokens)
		if err != nil {
			r.fail("proxyjump", err)
			return
		}
		s.ProxyJump = strings.Split(jump, ",")
		return
	}
	v := r.w.first("proxycommand")
	if v == "" || strings.EqualFold(v, "none") {
		return
	}
	command, err := t.expand(v, proxyTokens)
	if err != nil {
		r.fail("proxycommand", err)
	}
	s.ProxyCommand = command
}
