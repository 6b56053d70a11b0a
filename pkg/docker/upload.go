package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// oneRequest is the size up to which a blob goes up in a single request: it is
// sent again as a whole after a cut, which costs less than asking how far it came.
const oneRequest = 1 << 20

// upload brings one blob into a repository.
type upload struct {
	s  *session
	b  *blob
	ev Event

	location string // of the upload that is under way; "" for none
	offset   int64  // what the registry has of it
}

func (u *upload) run(ctx context.Context) error {
	return u.s.retry.do(ctx, u.s.told(StagePush, u.b.name()), func() (int64, error) {
		err := u.attempt(ctx)
		var te *transport.Error
		if errors.As(err, &te) && restartable(te) {
			u.location, u.offset = "", 0
		}
		return u.offset, err
	})
}

// attempt goes on with the upload that is under way, where the registry still
// knows it, or looks for the blob and begins.
func (u *upload) attempt(ctx context.Context) error {
	if u.location != "" && !u.resume(ctx) {
		u.location, u.offset = "", 0
	}
	if u.location == "" {
		if there, err := u.exists(ctx); there || err != nil {
			return err
		}
		if mounted, err := u.begin(ctx); mounted || err != nil {
			return err
		}
	}
	return u.send(ctx)
}

func (u *upload) exists(ctx context.Context) (bool, error) {
	resp, err := u.s.call(ctx, http.MethodHead, u.s.url("blobs/%s", u.b.desc.Digest).String(), nil, http.StatusOK, http.StatusNotFound)
	if err != nil {
		return false, err
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		u.finished("exists")
		return true, nil
	}
	return false, nil
}

func (u *upload) finished(note string) {
	u.ev.Bytes, u.ev.Done, u.ev.Note = u.b.desc.Size, true, note
	u.s.events.send(u.ev)
}

// begin asks for a place to upload to; where another repository of the registry
// has the blob, for a mount first. A registry that does not mount, or may not,
// offers the upload in the same answer or is asked again.
func (u *upload) begin(ctx context.Context) (mounted bool, err error) {
	to := u.s.url("blobs/uploads/")
	if o := u.b.origin; o != nil && o.RegistryStr() == u.s.repo.RegistryStr() {
		with := *to
		with.RawQuery = url.Values{"mount": {u.b.desc.Digest.String()}, "from": {o.RepositoryStr()}}.Encode()
		if mounted, err = u.post(ctx, &with); err == nil {
			return mounted, nil
		}
	}
	return u.post(ctx, to)
}

func (u *upload) post(ctx context.Context, to *url.URL) (mounted bool, err error) {
	resp, err := u.s.call(ctx, http.MethodPost, to.String(), nil, http.StatusAccepted, http.StatusCreated)
	if err != nil {
		return false, err
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusCreated {
		u.finished("mounted")
		return true, nil
	}
	return false, u.follow(resp)
}

// follow takes over where the registry says that the upload goes on. It may be
// another host, but then not in plain text.
func (u *upload) follow(resp *http.Response) error {
	loc, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Header.Get("Location") == "" {
		return fmt.Errorf("the registry does not say where to upload to (%q)", resp.Header.Get("Location"))
	}
	to := resp.Request.URL.ResolveReference(loc)
	if to.Host != resp.Request.URL.Host && to.Scheme != "https" {
		return fmt.Errorf("the registry wants the upload to go to %s, in plain text", to.Host)
	}
	u.location = to.String()
	return nil
}

// resume asks how far the upload came. Not every registry keeps what it has of a
// request that was cut: Debian's docker-registry gives up such an upload.
func (u *upload) resume(ctx context.Context) bool {
	resp, err := u.s.call(ctx, http.MethodGet, u.location, nil, http.StatusNoContent, http.StatusAccepted, http.StatusOK)
	if err != nil {
		return false
	}
	resp.Body.Close()
	end, ok := uploadedTo(resp.Header.Get("Range"))
	if !ok || end > u.b.desc.Size {
		return false
	}
	if resp.Header.Get("Location") != "" && u.follow(resp) != nil {
		return false
	}
	u.offset = end
	return true
}

// uploadedTo reads "0-N" as N+1 bytes. Registries say "0-0" for none as well as
// for one byte; none is the safe reading.
func uploadedTo(h string) (int64, bool) {
	_, last, ok := strings.Cut(strings.TrimPrefix(h, "bytes="), "-")
	n, err := strconv.ParseInt(last, 10, 64)
	if !ok || err != nil || n < 0 {
		return 0, false
	}
	if n == 0 {
		return 0, true
	}
	return n + 1, true
}

// send transfers what is missing and closes the upload under its digest.
func (u *upload) send(ctx context.Context) error {
	if u.b.desc.Size <= oneRequest {
		err := u.body(ctx, http.MethodPut, http.StatusCreated, http.StatusNoContent)
		if err != nil {
			u.location = ""
		}
		return err
	}
	if u.offset < u.b.desc.Size {
		if err := u.body(ctx, http.MethodPatch, http.StatusAccepted, http.StatusNoContent, http.StatusCreated); err != nil {
			return err
		}
		u.offset = u.b.desc.Size
	}
	to, err := u.commitURL()
	if err != nil {
		return err
	}
	resp, err := u.s.call(ctx, http.MethodPut, to, nil, http.StatusCreated, http.StatusNoContent)
	if err != nil {
		return err
	}
	resp.Body.Close()
	u.finished("")
	return nil
}

func (u *upload) commitURL() (string, error) {
	to, err := url.Parse(u.location)
	if err != nil {
		return "", err
	}
	q := to.Query()
	q.Set("digest", u.b.desc.Digest.String())
	to.RawQuery = q.Encode()
	return to.String(), nil
}

// body sends the blob from the offset on, as a further part (PATCH) or as the
// whole with its digest (PUT).
func (u *upload) body(ctx context.Context, method string, codes ...int) error {
	r, err := u.b.open(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, u.offset); err != nil {
		return err
	}
	to := u.location
	if method == http.MethodPut {
		if to, err = u.commitURL(); err != nil {
			return err
		}
	}
	ctx, alive := stallGuard(ctx)
	defer alive.stop()
	rest := u.b.desc.Size - u.offset
	u.ev.Bytes = u.offset
	body := &counting{r: alive.reader(r), e: u.s.events, ev: u.ev, last: u.offset}
	req, err := http.NewRequestWithContext(ctx, method, to, io.NopCloser(body))
	if err != nil {
		return err
	}
	req.ContentLength = rest
	req.Header.Set("Content-Type", "application/octet-stream")
	if u.offset > 0 {
		req.Header.Set("Content-Range", fmt.Sprintf("%d-%d", u.offset, u.b.desc.Size-1))
	}
	resp, err := u.s.do(req, codes...)
	if err != nil {
		return alive.explain(err)
	}
	resp.Body.Close()
	if method == http.MethodPut {
		u.finished("")
		return nil
	}
	return u.follow(resp)
}
