package hostkeys

import (
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/appimg/appimg/pkg/kvm/sshconfig"
)

// principal: OpenSSH takes wildcards in the principals of host certificates.
func principal(patterns []string, host string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return sshconfig.Match(strings.ToLower(p), host) })
}

// Signatures are the signature algorithms of a key type, best first.
func Signatures(keyType string) []string {
	switch keyType {
	case ssh.KeyAlgoRSA:
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}
	case ssh.CertAlgoRSAv01:
		return []string{ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01, ssh.CertAlgoRSAv01}
	}
	return []string{keyType}
}

func isCertificate(algorithm string) bool { return strings.Contains(algorithm, "-cert-v0") }

// Algorithms orders the algorithms to ask a host for: those come first whose
// keys (or, for certificates, authorities) are known, so that a server with
// several keys shows one that can be checked.
func (db *DB) Algorithms(name string, preferred []string) []string {
	known := map[string]bool{}
	names := []string{name}
	if bare, ok := withoutPort(name); ok {
		names = append(names, bare)
	}
	anyAuthority := false
	for _, n := range names {
		for _, e := range db.about(n) {
			anyAuthority = anyAuthority || e.marker == authority
			if e.marker == "" {
				for _, a := range Signatures(e.key.Type()) {
					known[a] = true
				}
			}
		}
		if len(known) > 0 || anyAuthority {
			break
		}
	}
	first := func(a string) bool { return known[a] || (anyAuthority && isCertificate(a)) }
	var front, back []string
	for _, a := range preferred {
		if first(a) {
			front = append(front, a)
		} else {
			back = append(back, a)
		}
	}
	return append(front, back...)
}

// Apply reads a list of algorithms of ssh_config(5): a plain list replaces
// defaults, "+" appends to, "-" removes from and "^" puts in front of them.
// Names that are not among supported are left out; patterns are taken in "-".
func Apply(spec string, defaults, supported []string) []string {
	if spec == "" {
		return defaults
	}
	names := func(s string) []string {
		var out []string
		for _, n := range strings.Split(s, ",") {
			if slices.Contains(supported, n) && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
		return out
	}
	switch spec[0] {
	case '+':
		return dedup(append(slices.Clone(defaults), names(spec[1:])...))
	case '^':
		return dedup(append(names(spec[1:]), defaults...))
	case '-':
		return slices.DeleteFunc(slices.Clone(defaults), func(a string) bool { return sshconfig.MatchList(spec[1:], a) })
	}
	return names(spec)
}

func dedup(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
