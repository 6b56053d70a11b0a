package docker

import (
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Token servers on private addresses. go-containerregistry refuses a realm that
// is a private address other than the registry's own host and port, to protect
// services that fetch what strangers name. At a desk such a registry is a plain
// one on the local network (a GitLab has its tokens on another port). So a realm
// of that kind gets a name on its way in, and its address back on its way out.

const realmSuffix = ".realm.appimg.invalid"

// hideRealm gives private addresses in the challenges of a registry's answer a name.
func hideRealm(resp *http.Response, registry string) {
	if resp.StatusCode != http.StatusUnauthorized {
		return
	}
	challenges := resp.Header.Values("Www-Authenticate")
	realm := regexp.MustCompile(`realm="(https?://[^"]+)"`)
	for i, c := range challenges {
		challenges[i] = realm.ReplaceAllStringFunc(c, func(s string) string {
			u, err := url.Parse(realm.FindStringSubmatch(s)[1])
			if err != nil || !privateAddress(u.Hostname()) || u.Host == registry {
				return s
			}
			u.Host = hex.EncodeToString([]byte(u.Host)) + realmSuffix
			return `realm="` + u.String() + `"`
		})
	}
}

func privateAddress(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && (ip.IsLoopback() || ip.IsPrivate())
}

// showRealm is req with the address of a hidden realm; other requests are as they were.
func showRealm(req *http.Request) *http.Request {
	name, hidden := strings.CutSuffix(req.URL.Host, realmSuffix)
	host, err := hex.DecodeString(name)
	if !hidden || err != nil {
		return req
	}
	out := req.Clone(req.Context())
	out.URL.Host, out.Host = string(host), string(host)
	return out
}
