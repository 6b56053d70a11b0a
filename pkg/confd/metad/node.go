package metad

import (
	"errors"
	"net/url"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
)

// node is one metadata server.
type node struct {
	name string // as given
	base string // what paths are pasted to: scheme://host[:port]
}

// parseNode reads HOST, HOST:PORT or http[s]://HOST[:PORT].
func parseNode(name string) (node, error) {
	base := strings.TrimRight(strings.TrimSpace(name), "/")
	if !strings.Contains(base, "://") {
		base = "http://" + base
	}
	u, err := url.Parse(base)
	if err == nil {
		err = checkNode(u)
	}
	if err != nil {
		return node{}, diag.WithHint(&diag.Error{Op: "reading the metadata server's address " + quote(name), Err: err},
			"an address is HOST or HOST:PORT, e.g. metadata:80")
	}
	return node{name: strings.TrimSpace(name), base: base}, nil
}

func checkNode(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("the scheme is neither http nor https")
	case u.Hostname() == "":
		return errors.New("there is no host")
	case u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return errors.New("there is more than a host and a port")
	}
	return nil
}
