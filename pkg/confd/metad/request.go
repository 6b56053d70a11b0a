package metad

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/appimg/appimg/pkg/diag"
)

// answer is a server's whole answer.
type answer struct {
	status  int // 200 or 404
	version string
	body    []byte
}

// badPath marks a path that makes no URL: no other node would do better.
type badPath struct{ err error }

func (e badPath) Error() string { return e.err.Error() }

// ask reads a path of a node within the read timeout.
func (c *Client) ask(ctx context.Context, n int, path string) (*answer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.o.ReadTimeout, fmt.Errorf("no answer within %v", c.o.ReadTimeout))
	defer cancel()
	a, err := c.askWith(ctx, n, path, func() {})
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return a, err
}

// askWith sends one request and takes the whole answer; begun is called when
// its first part is here. The path is pasted to the node's address as it is:
// "?" and "#" in a key mean what they mean in a URL.
func (c *Client) askWith(ctx context.Context, n int, path string, begun func()) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.nodes[n].base+path, nil)
	if err != nil {
		return nil, badPath{err}
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, diag.Reason(err)
	}
	defer func() { _ = resp.Body.Close() }()
	begun()
	body, err := c.readBody(resp)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNotFound {
		return nil, &statusError{resp.Status}
	}
	return &answer{resp.StatusCode, resp.Header.Get("X-Metad-Version"), body}, nil
}

// readBody takes the whole body, within bounds. A body that was cut is an error.
func (c *Client) readBody(resp *http.Response) ([]byte, error) {
	if resp.ContentLength > c.o.MaxAnswer {
		return nil, fmt.Errorf("the answer has %d bytes", resp.ContentLength)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.o.MaxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("the answer breaks off after %d bytes: %w", len(body), err)
	}
	if int64(len(body)) > c.o.MaxAnswer {
		return nil, fmt.Errorf("the answer has more than %d bytes", c.o.MaxAnswer)
	}
	return body, nil
}

// waitPath is path as a wait for another version than this.
func waitPath(path, version string) (string, error) {
	u, err := url.Parse("http://node" + path)
	if err != nil {
		return "", badPath{err}
	}
	q := "wait=true&prev_version=" + url.QueryEscape(version)
	if u.RawQuery != "" {
		q = u.RawQuery + "&" + q
	}
	return u.EscapedPath() + "?" + q, nil
}
