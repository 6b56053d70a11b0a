package docker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/appimg/appimg/pkg/diag"
)

// PlatformRegistry is where the platform takes images from, and where a name
// without a registry is looked for (platform guide, Docker images).
const PlatformRegistry = "dockerhub.qingcloud.com"

// Registries says how registries are reached. The zero value is right for
// everything but tests and registries without TLS.
type Registries struct {
	Insecure  []string          // HOST[:PORT] that may be plain http, or have a certificate nobody knows
	Keychain  authn.Keychain    // nil: docker's config and credential helpers
	Transport http.RoundTripper // nil: a copy of the default one
	Retry     Retry

	once     sync.Once
	strict   http.RoundTripper
	lax      http.RoundTripper
	sessions sync.Map // repository and scopes → *session
}

var errPlainHTTP = errors.New("the registry speaks plain http")

// insecure reports whether host (with its port) may be reached without TLS.
// A loopback address always may.
func (r *Registries) insecure(host string) bool {
	h, _, err := net.SplitHostPort(host)
	if err != nil {
		h = host
	}
	h = strings.Trim(h, "[]")
	if ip := net.ParseIP(h); h == "localhost" || (ip != nil && ip.IsLoopback()) {
		return true
	}
	return slices.Contains(r.Insecure, host) || slices.Contains(r.Insecure, h)
}

// ParseTag reads a reference to push to.
func (r *Registries) ParseTag(ref string) (name.Tag, error) {
	t, err := name.NewTag(ref, name.WithDefaultRegistry(PlatformRegistry))
	if err != nil {
		return t, diag.WithHint(&UsageError{fmt.Errorf("parsing reference %q: %w", ref, err)},
			"a reference is [HOST[:PORT]/]NAMESPACE/NAME[:TAG], in lower case; without a host it goes to %s", PlatformRegistry)
	}
	if r.insecure(t.RegistryStr()) {
		return name.NewTag(ref, name.WithDefaultRegistry(PlatformRegistry), name.Insecure)
	}
	return t, nil
}

// ParseReference reads a reference to pull from: with a tag or a digest.
func (r *Registries) ParseReference(ref string) (name.Reference, error) {
	t, err := name.ParseReference(ref, name.WithDefaultRegistry(PlatformRegistry))
	if err != nil {
		return nil, diag.WithHint(&UsageError{fmt.Errorf("parsing reference %q: %w", ref, err)},
			"a base is [HOST[:PORT]/]NAME[:TAG|@DIGEST], scratch, oci:DIR, archive:FILE or engine:NAME; without a host it is looked for on %s", PlatformRegistry)
	}
	if r.insecure(t.Context().RegistryStr()) {
		return name.ParseReference(ref, name.WithDefaultRegistry(PlatformRegistry), name.Insecure)
	}
	return t, nil
}

// RoundTrip sends a request, but never in plain text to a host that has not
// been named for that.
func (r *Registries) RoundTrip(req *http.Request) (*http.Response, error) {
	r.once.Do(r.dial)
	req = showRealm(req)
	way, lax := r.strict, r.insecure(req.URL.Host)
	if req.URL.Scheme == "http" && !lax {
		return nil, errPlainHTTP
	}
	if lax {
		way = r.lax
	}
	resp, err := way.RoundTrip(req)
	if err == nil {
		hideRealm(resp, req.URL.Host)
	}
	return resp, err
}

func (r *Registries) dial() {
	if r.Transport != nil {
		r.strict, r.lax = r.Transport, r.Transport
		return
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableCompression = true
	t.MaxIdleConnsPerHost = 16
	t.ResponseHeaderTimeout = 5 * time.Minute // a registry hashes a large blob before it answers
	t.DialContext = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext
	r.strict = t
	l := t.Clone()
	l.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // only for hosts named by --insecure-registry, and loopback
	r.lax = l
}

func (r *Registries) keychain() authn.Keychain {
	if r.Keychain != nil {
		return r.Keychain
	}
	return authn.DefaultKeychain
}

// contactTime is how long a registry may take for its first answer.
const contactTime = 30 * time.Second

var errSilent = errors.New("no answer for 30 seconds")

// session is a logged-in connection to one repository.
type session struct {
	repo    name.Repository
	http    *http.Client
	anon    bool // no credentials were found
	retry   Retry
	events  *events
	sharing []name.Repository // may be mounted from
}

// open logs in to a repository: once for each set of scopes.
func (r *Registries) open(ctx context.Context, ev *events, repo name.Repository, action string, from ...name.Repository) (*session, error) {
	scopes := []string{repo.Scope(action)}
	for _, f := range from {
		scopes = append(scopes, f.Scope(transport.PullScope))
	}
	key := strings.Join(append([]string{repo.RegistryStr()}, scopes...), " ")
	if s, ok := r.sessions.Load(key); ok {
		return s.(*session), nil
	}
	auth, err := authn.Resolve(ctx, r.keychain(), repo)
	if err != nil {
		return nil, diag.WithHint(fmt.Errorf("finding the credentials for %q: %w", repo.RegistryStr(), err),
			"docker login %s", repo.RegistryStr())
	}
	s := &session{repo: repo, anon: auth == authn.Anonymous, retry: r.Retry, events: ev, sharing: from}
	err = r.Retry.do(ctx, s.told(StagePull, repo.RegistryStr()), func() (int64, error) {
		first, cancel := context.WithTimeoutCause(ctx, contactTime, errSilent)
		defer cancel()
		rt, err := transport.NewWithContext(first, repo.Registry, auth, r, scopes)
		if err != nil && context.Cause(first) == errSilent {
			err = errSilent
		}
		if err != nil {
			return 0, err
		}
		s.http = &http.Client{Transport: rt}
		return 0, nil
	})
	if err != nil {
		return nil, s.explain(fmt.Errorf("reaching %q: %w", repo.RegistryStr(), reachable(err)), action)
	}
	r.sessions.Store(key, s)
	return s, nil
}

// reachable is err without the request: a host that is asked over https and
// then over http says the same twice.
func reachable(err error) error {
	var refused *transport.Error
	var asked *url.Error
	if errors.As(err, &refused) || !errors.As(err, &asked) {
		return err
	}
	return diag.Saying(err, diag.Reason(asked).Error())
}

func (s *session) told(stage Stage, item string) func(string) {
	return func(why string) { s.events.send(Event{Stage: stage, Item: item, Note: why}) }
}

// url is an address of the repository's API. The transport turns https into
// http where that is what the registry speaks.
func (s *session) url(format string, args ...any) *url.URL {
	return &url.URL{Scheme: "https", Host: s.repo.RegistryStr(), Path: "/v2/" + s.repo.RepositoryStr() + "/" + fmt.Sprintf(format, args...)}
}

// call sends one request without a body and checks the status.
func (s *session) call(ctx context.Context, method, url string, header http.Header, codes ...int) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, err
	}
	if header != nil {
		req.Header = header
	}
	return s.do(req, codes...)
}

func (s *session) do(req *http.Request, codes ...int) (*http.Response, error) {
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, err
	}
	if err := checkStatus(resp, codes...); err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// maxManifest bounds manifests, in bytes; registries refuse larger ones too.
const maxManifest = 8 << 20

// manifest gets a manifest or index by tag or digest.
func (s *session) manifest(ctx context.Context, ref string) (raw []byte, mt types.MediaType, err error) {
	accept := http.Header{"Accept": {
		string(types.OCIImageIndex), string(types.DockerManifestList), string(types.OCIManifestSchema1), string(types.DockerManifestSchema2),
	}}
	err = s.retry.do(ctx, s.told(StagePull, ref), func() (int64, error) {
		resp, err := s.call(ctx, http.MethodGet, s.url("manifests/%s", ref).String(), accept.Clone(), http.StatusOK)
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		mt = types.MediaType(resp.Header.Get("Content-Type"))
		raw, err = io.ReadAll(io.LimitReader(resp.Body, maxManifest+1))
		if err == nil && len(raw) > maxManifest {
			err = errors.New("the manifest is larger than 8 MB")
		}
		return int64(len(raw)), err
	})
	if err == nil && strings.HasPrefix(ref, "sha256:") && sum(raw).String() != ref {
		err = fmt.Errorf("the registry sent other content for %s", ref)
	}
	return raw, mt, err
}

// download brings a blob into the cache: after a cut it goes on where it was.
func (s *session) download(ctx context.Context, c *Cache, d v1.Descriptor, title string) error {
	in, err := c.newBlob()
	if err != nil {
		return err
	}
	defer in.discard()
	err = s.retry.do(ctx, s.told(StagePull, title), func() (int64, error) {
		err := s.downloadRest(ctx, in, d, title)
		return in.size, err
	})
	if err != nil {
		return err
	}
	if got := in.digest(); got != d.Digest {
		return fmt.Errorf("the registry sent %s in place of %s", got, d.Digest)
	}
	_, err = in.keep()
	s.events.send(Event{Stage: StagePull, Item: title, Bytes: d.Size, Total: d.Size, Done: true})
	return err
}

var errCut = errors.New("the transfer was cut")

func (s *session) downloadRest(ctx context.Context, in *incoming, d v1.Descriptor, title string) error {
	header := http.Header{}
	if in.size > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", in.size))
	}
	ctx, alive := stallGuard(ctx)
	defer alive.stop()
	resp, err := s.call(ctx, http.MethodGet, s.url("blobs/%s", d.Digest).String(), header, http.StatusOK, http.StatusPartialContent)
	if err != nil {
		return alive.explain(err)
	}
	defer resp.Body.Close()
	if in.size > 0 && resp.StatusCode == http.StatusOK {
		// It cannot resume: what is there already comes again.
		if _, err := io.CopyN(io.Discard, resp.Body, in.size); err != nil {
			return errCut
		}
	}
	body := &counting{r: alive.reader(io.LimitReader(resp.Body, d.Size-in.size)), e: s.events,
		ev: Event{Stage: StagePull, Item: title, Bytes: in.size, Total: d.Size}}
	if _, err := io.Copy(in, body); err != nil {
		return alive.explain(err)
	}
	if in.size < d.Size {
		return errCut
	}
	return nil
}
