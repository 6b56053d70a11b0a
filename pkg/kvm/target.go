package kvm

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

// Target is a machine as the user names it. What is left empty here is for
// ~/.ssh/config to say.
type Target struct {
	Host string // a name of ~/.ssh/config, a DNS name or an address
	User string // "" is decided by ~/.ssh/config, then by the local user's name
	Port int    // 0 is decided by ~/.ssh/config, then 22
	// NoSudo refuses a user who is not root, rather than using sudo.
	NoSudo bool
}

// ParseTarget reads [user@]host[:port], with an IPv6 address in brackets where
// a port follows, or ssh://[user@]host[:port].
func ParseTarget(s string) (Target, error) {
	rest, isURL := strings.CutPrefix(s, "ssh://")
	rest = strings.TrimSuffix(rest, "/")
	t, why := parseTarget(rest, isURL)
	if why == "" && strings.HasPrefix(t.Host, "-") {
		why = "a host's name does not begin with \"-\""
	}
	if why != "" {
		return Target{}, diag.WithHint(fmt.Errorf("reading the host %q: %s", s, why), "a host is [user@]host[:port]; an IPv6 address with a port is [::1]:22")
	}
	return t, nil
}

func parseTarget(s string, isURL bool) (t Target, why string) {
	// A user's name may have "@" in it: the last one counts, as for ssh.
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		t.User, s = s[:at], s[at+1:]
		if t.User == "" {
			return t, "the user before \"@\" is empty"
		}
		if isURL {
			user, err := url.PathUnescape(t.User)
			if err != nil {
				return t, err.Error()
			}
			t.User = user
		}
	}
	host, port, hasPort, why := cutPort(s)
	if why != "" {
		return t, why
	}
	t.Host = host
	if t.Host == "" || strings.ContainsAny(t.Host, " \t\n/") {
		return t, "that is no host's name"
	}
	if hasPort {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return t, fmt.Sprintf("%q is no port", port)
		}
		t.Port = n
	}
	return t, ""
}

// cutPort takes host:port, [v6]:port, [v6] or a bare v6 address apart.
func cutPort(s string) (host, port string, hasPort bool, why string) {
	if rest, ok := strings.CutPrefix(s, "["); ok {
		host, after, closed := strings.Cut(rest, "]")
		if !closed {
			return "", "", false, "\"[\" is not closed"
		}
		port, hasPort = strings.CutPrefix(after, ":")
		if after != "" && !hasPort {
			return "", "", false, "only \":port\" may follow \"]\""
		}
		return host, port, hasPort, ""
	}
	if strings.Count(s, ":") > 1 {
		return s, "", false, ""
	}
	host, port, hasPort = strings.Cut(s, ":")
	return host, port, hasPort, ""
}

// String is the target as ParseTarget reads it.
func (t Target) String() string {
	s := t.Host
	if t.Port != 0 {
		if strings.Contains(s, ":") {
			s = "[" + s + "]"
		}
		s += ":" + strconv.Itoa(t.Port)
	}
	if t.User != "" {
		s = t.User + "@" + s
	}
	return s
}
