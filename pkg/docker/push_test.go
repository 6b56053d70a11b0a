package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/appimg/appimg/pkg/diag"
)

// bigSpec has a layer that is larger than what goes up in one request.
func bigSpec(t *testing.T, base string) Spec {
	t.Helper()
	spec := testSpec(base)
	noise := make([]byte, 5<<20)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	spec.RootFS = writeFiles(t, t.TempDir(), file{"opt/big", string(noise)})
	return spec
}

func TestPush(t *testing.T) {
	r, b := newTestRegistry(t), newTestBuilder(t)
	img, _ := b.mustAssemble(t, bigSpec(t, "scratch"))
	b.mustPush(t, img, r.host()+"/ns/zk:1", r.host()+"/ns/zk:latest")
	log, sent := r.take()
	if n := count(log, "PUT", "/manifests/"); n != 2 || !strings.HasPrefix(log[len(log)-2], "PUT /v2/ns/zk/manifests/") {
		t.Errorf("the names must come last:\n%s", strings.Join(log, "\n"))
	}
	if sent < 5<<20 {
		t.Errorf("%d bytes sent", sent)
	}
	// Again: nothing is sent but the names.
	b.mustPush(t, img, r.host()+"/ns/zk:1")
	log, sent = r.take()
	if n := count(log, "POST", ""); n != 0 || sent > 4<<10 {
		t.Errorf("the second push sent %d bytes:\n%s", sent, strings.Join(log, "\n"))
	}
	// What arrived is what was made.
	back, err := newTestBuilder(t).Ready(context.Background(), r.host()+"/ns/zk:1", nil)
	if err != nil || back.Digest() != img.Digest() {
		t.Errorf("%v: %v", back, err)
	}
}

func TestAnEditSendsAFewKilobytes(t *testing.T) {
	r, b := newTestRegistry(t), newTestBuilder(t)
	spec := bigSpec(t, "scratch")
	img, _ := b.mustAssemble(t, spec)
	b.mustPush(t, img, r.host()+"/ns/zk:1")
	r.take()
	spec.Pairs[1].Data = append(spec.Pairs[1].Data, "initLimit=10\n"...)
	img, _ = b.mustAssemble(t, spec)
	b.mustPush(t, img, r.host()+"/ns/zk:1")
	if log, sent := r.take(); sent > 8<<10 || count(log, "POST", "") != 2 {
		t.Errorf("%d bytes sent:\n%s", sent, strings.Join(log, "\n"))
	}
}

// The base is fetched once, and a registry that has it already is not sent it.
func TestBaseInTheRegistry(t *testing.T) {
	r, b := newTestRegistry(t), newTestBuilder(t)
	base, _ := b.mustAssemble(t, bigSpec(t, "scratch"))
	b.mustPush(t, base, r.host()+"/bases/java:8")
	r.take()
	b = newTestBuilder(t)
	spec := testSpec(r.host() + "/bases/java:8")
	spec.Labels = map[string]string{"x": "y"}
	img, _ := b.mustAssemble(t, spec)
	if got := configOf(t, img.singles[0]).Config.Labels; got["org.opencontainers.image.base.name"] != r.host()+"/bases/java:8" || got["org.opencontainers.image.base.digest"] != base.Digest().String() {
		t.Errorf("labels %v", got)
	}
	r.take()
	b.mustPush(t, img, r.host()+"/ns/zk:1")
	if log, sent := r.take(); sent > 1<<20 {
		t.Errorf("%d bytes sent, though the registry has the base:\n%s", sent, strings.Join(log, "\n"))
	}
	b.mustAssemble(t, spec)
	if log, _ := r.take(); count(log, "GET", "/blobs/") != 0 || count(log, "", "") != 1 {
		t.Errorf("the second build asked for\n%s", strings.Join(log, "\n"))
	}
	// Another registry gets it from the cache.
	other := newTestRegistry(t)
	b.mustPush(t, img, other.host()+"/ns/zk:1")
	if log, _ := r.take(); count(log, "GET", "/blobs/") != 0 {
		t.Errorf("the base was fetched again:\n%s", strings.Join(log, "\n"))
	}
}

func TestIndexIsPushedAfterItsImages(t *testing.T) {
	r, b := newTestRegistry(t), newTestBuilder(t)
	spec := testSpec("scratch")
	spec.Index = true
	img, _ := b.mustAssemble(t, spec)
	b.mustPush(t, img, r.host()+"/ns/zk:1")
	log, _ := r.take()
	if last := log[len(log)-1]; last != "PUT /v2/ns/zk/manifests/1" || count(log, "PUT", "/manifests/sha256:") != 1 {
		t.Errorf("%s", strings.Join(log, "\n"))
	}
}

// faults answers the first n requests that match with f, and lets the rest through.
func faults(n int, method, path string, f func(w http.ResponseWriter, r *http.Request)) func(http.ResponseWriter, *http.Request) bool {
	var left atomic.Int64
	left.Store(int64(n))
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != method || !strings.Contains(r.URL.Path, path) || left.Add(-1) < 0 {
			return false
		}
		f(w, r)
		return true
	}
}

func status(code int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}

// cut takes n bytes of the body and drops the connection.
func cut(n int64) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		io.CopyN(io.Discard, r.Body, n)
		panic(http.ErrAbortHandler)
	}
}

func registryError(code, message string) string {
	return fmt.Sprintf(`{"errors":[{"code":%q,"message":%q}]}`, code, message)
}

func TestPassingFaultsAreSatOut(t *testing.T) {
	for name, fault := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"503 at the door":            faults(2, "GET", "/v2/", status(503, "")),
		"500 when asked for a blob":  faults(3, "HEAD", "/blobs/", status(500, "")),
		"429 when an upload begins":  faults(3, "POST", "/blobs/uploads/", status(429, registryError("TOOMANYREQUESTS", "slow down"))),
		"reset when an upload begin": faults(2, "POST", "/blobs/uploads/", cut(0)),
		"a cut upload":               faults(2, "PATCH", "/blobs/uploads/", cut(1<<20)),
		"502 after the upload":       faults(3, "PATCH", "/blobs/uploads/", status(502, "bad gateway")),
		"504 when it is closed":      faults(3, "PUT", "/blobs/uploads/", status(504, "")),
		"a digest that went wrong":   faults(1, "PUT", "/blobs/uploads/", status(400, registryError("DIGEST_INVALID", "no match"))),
		"a reset at the name":        faults(2, "PUT", "/manifests/", cut(10)),
		"503 at the name":            faults(3, "PUT", "/manifests/", status(503, "")),
	} {
		t.Run(name, func(t *testing.T) {
			r, b := newTestRegistry(t), newTestBuilder(t)
			var told []string
			b.Progress = func(e Event) {
				if strings.Contains(e.Note, "trying again") {
					told = append(told, e.Note)
				}
			}
			img, _ := b.mustAssemble(t, bigSpec(t, "scratch"))
			r.setFault(fault)
			b.mustPush(t, img, r.host()+"/ns/zk:1")
			r.setFault(nil)
			if len(told) == 0 {
				t.Error("nobody was told why it took longer")
			}
			back, err := newTestBuilder(t).Ready(context.Background(), r.host()+"/ns/zk:1", nil)
			if err != nil || back.Digest() != img.Digest() {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for what, c := range map[string]struct {
		fault func(http.ResponseWriter, *http.Request) bool
		hint  string
	}{
		"no login":           {faults(99, "POST", "", status(401, registryError("UNAUTHORIZED", "authentication required"))), "docker login HOST"},
		"denied":             {faults(99, "POST", "", status(403, registryError("DENIED", "requested access to the resource is denied"))), "may not push to HOST/ns/zk"},
		"quota":              {faults(99, "PUT", "/manifests/", status(403, registryError("DENIED", "adding 5 MiB will exceed the configured upper limit of storage quota"))), "quota"},
		"full":               {faults(99, "PUT", "/blobs/", status(507, "")), "quota"},
		"too large":          {faults(99, "PATCH", "", status(413, "<html>")), "larger than HOST"},
		"read-only":          {faults(99, "POST", "", status(405, registryError("UNSUPPORTED", "read-only"))), "takes no images"},
		"no such repository": {faults(99, "POST", "", status(404, registryError("NAME_UNKNOWN", "repository name not known to registry"))), "no repository \"ns/zk\""},
		"never well":         {faults(99, "HEAD", "", status(503, "")), "run again later"},
		"always cut":         {faults(99, "PUT", "/manifests/", cut(0)), "does not hold"},
		"too many, for ever": {faults(99, "POST", "", status(429, "")), "asks for a pause"},
	} {
		t.Run(what, func(t *testing.T) {
			r, b := newTestRegistry(t), newTestBuilder(t)
			img, _ := b.mustAssemble(t, bigSpec(t, "scratch"))
			r.setFault(c.fault)
			_, err := b.Push(context.Background(), img, []name.Tag{b.tag(t, r.host()+"/ns/zk:1")})
			if err == nil {
				t.Fatal("it was pushed")
			}
			hints := strings.Join(diag.Hints(err), "\n")
			if want := strings.ReplaceAll(c.hint, "HOST", r.host()); !strings.Contains(hints, want) {
				t.Errorf("%v\nhints %q, want %q", err, hints, want)
			}
			r.setFault(nil)
			r.take()
			if _, err := newTestBuilder(t).Ready(context.Background(), r.host()+"/ns/zk:1", nil); err == nil {
				t.Error("a name is there though the push failed")
			}
		})
	}
}

// On the platform's own registry a refusal is mostly a namespace that was never granted.
func TestDeniedOnThePlatform(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/" {
			return
		}
		status(403, registryError("DENIED", "requested access to the resource is denied"))(w, r)
	}))
	t.Cleanup(srv.Close)
	b := newTestBuilder(t)
	b.Registries.Insecure = []string{PlatformRegistry}
	b.Registries.Transport = toServer{strings.TrimPrefix(srv.URL, "http://")}
	img, _ := b.mustAssemble(t, testSpec("scratch"))
	_, err := b.Push(context.Background(), img, []name.Tag{b.tag(t, "acme/zk:1")})
	hints := strings.Join(diag.Hints(err), "\n")
	if !strings.Contains(hints, `ask for "acme" by ticket`) || !strings.Contains(fmt.Sprint(err), "dockerhub.qingcloud.com/acme/zk:1") {
		t.Errorf("%v\n%s", err, hints)
	}
	// Reading a name without a host there: where Docker Hub's names went.
	srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/" {
			status(404, registryError("MANIFEST_UNKNOWN", "manifest unknown"))(w, r)
		}
	})
	_, _, err = b.Assemble(context.Background(), testSpec("alpine:3"))
	if hints := strings.Join(diag.Hints(err), "\n"); !strings.Contains(hints, "docker.io/library/NAME") {
		t.Errorf("%v\n%s", err, hints)
	}
}

type toServer struct{ host string }

func (s toServer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "https" {
		return nil, errors.New("http: server gave HTTP response to HTTPS client")
	}
	r = r.Clone(r.Context())
	r.URL.Host = s.host
	return http.DefaultTransport.RoundTrip(r)
}

func TestUnreachable(t *testing.T) {
	b := newTestBuilder(t)
	img, _ := b.mustAssemble(t, testSpec("scratch"))
	srv := httptest.NewServer(nil)
	host := strings.TrimPrefix(srv.URL, "http://")
	srv.Close()
	start := time.Now()
	_, err := b.Push(context.Background(), img, []name.Tag{b.tag(t, host+"/ns/zk:1")})
	if hints := strings.Join(diag.Hints(err), "\n"); !strings.Contains(hints, "cannot be reached") {
		t.Errorf("%v\n%s", err, hints)
	}
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("it took %s to say so", d)
	}
}

// Without TLS only loopback, and what is named, is spoken to.
func TestPlainHTTP(t *testing.T) {
	r := &Registries{Insecure: []string{"reg.example:5000", "other.example"}}
	for host, want := range map[string]bool{
		"localhost:5000": true, "127.0.0.1:5000": true, "[::1]:5000": true, "127.1.2.3": true,
		"reg.example:5000": true, "other.example:443": true, "reg.example": false,
		"10.0.0.1:5000": false, "192.168.0.1": false, "dockerhub.qingcloud.com": false,
	} {
		if got := r.insecure(host); got != want {
			t.Errorf("insecure(%q) = %v", host, got)
		}
	}
	b := newTestBuilder(t)
	b.Registries.Transport = toServer{"127.0.0.1:1"}
	img, _ := b.mustAssemble(t, testSpec("scratch"))
	_, err := b.Push(context.Background(), img, []name.Tag{b.tag(t, "10.9.8.7:5000/ns/zk:1")})
	if hints := strings.Join(diag.Hints(err), "\n"); !strings.Contains(hints, "--insecure-registry 10.9.8.7:5000") {
		t.Errorf("%v\n%s", err, hints)
	}
}

func TestInterruptedPushLeavesNoName(t *testing.T) {
	r, b := newTestRegistry(t), newTestBuilder(t)
	img, _ := b.mustAssemble(t, bigSpec(t, "scratch"))
	ctx, stop := context.WithCancel(context.Background())
	r.setFault(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method == "PATCH" {
			io.CopyN(io.Discard, req.Body, 1<<20)
			stop()
		}
		return false
	})
	if _, err := b.Push(ctx, img, []name.Tag{b.tag(t, r.host()+"/ns/zk:1")}); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	r.setFault(nil)
	if log, _ := r.take(); count(log, "PUT", "/manifests/") != 0 {
		t.Errorf("%s", strings.Join(log, "\n"))
	}
	b.mustPush(t, img, r.host()+"/ns/zk:1")
}

func TestCutDownloadGoesOn(t *testing.T) {
	r, b := newTestRegistry(t), newTestBuilder(t)
	base, _ := b.mustAssemble(t, bigSpec(t, "scratch"))
	b.mustPush(t, base, r.host()+"/bases/big:1")
	big := layerOf(t, base, "rootfs").desc
	data, err := os.ReadFile(b.Cache.blobPath(big.Digest))
	if err != nil {
		t.Fatal(err)
	}
	var ranges []string
	r.setFault(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != "GET" || !strings.HasSuffix(req.URL.Path, big.Digest.String()) {
			return false
		}
		ranges = append(ranges, req.Header.Get("Range"))
		var from int64
		if n, _ := fmt.Sscanf(req.Header.Get("Range"), "bytes=%d-", &from); n == 1 {
			w.WriteHeader(http.StatusPartialContent)
			w.Write(data[from:])
			return true
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data[:len(data)/2])
		panic(http.ErrAbortHandler)
	})
	newTestBuilder(t).mustAssemble(t, testSpec(r.host()+"/bases/big:1"))
	if len(ranges) != 2 || ranges[0] != "" || !strings.HasPrefix(ranges[1], "bytes=") {
		t.Errorf("asked for %q", ranges)
	}
}

func TestWrongContentIsRefused(t *testing.T) {
	r, b := newTestRegistry(t), newTestBuilder(t)
	base, _ := b.mustAssemble(t, bigSpec(t, "scratch"))
	b.mustPush(t, base, r.host()+"/bases/big:1")
	big := layerOf(t, base, "rootfs").desc
	r.setFault(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != "GET" || !strings.HasSuffix(req.URL.Path, big.Digest.String()) {
			return false
		}
		w.Write(make([]byte, big.Size))
		return true
	})
	if _, _, err := newTestBuilder(t).Assemble(context.Background(), testSpec(r.host()+"/bases/big:1")); err == nil || !strings.Contains(err.Error(), "in place of") {
		t.Errorf("%v", err)
	}
}

// Credentials come from docker's config; with them a refusal is another message.
func TestCredentials(t *testing.T) {
	r := newTestRegistry(t)
	r.setFault(func(w http.ResponseWriter, req *http.Request) bool {
		if u, p, _ := req.BasicAuth(); u == "me" && p == "secret" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		status(401, registryError("UNAUTHORIZED", "who are you"))(w, req)
		return true
	})
	push := func(password string) error {
		dir := t.TempDir()
		t.Setenv("DOCKER_CONFIG", dir)
		config, _ := json.Marshal(map[string]any{"auths": map[string]any{r.host(): map[string]string{"username": "me", "password": password}}})
		if err := os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600); err != nil {
			t.Fatal(err)
		}
		b := newTestBuilder(t)
		b.Registries.Keychain = nil
		img, _ := b.mustAssemble(t, testSpec("scratch"))
		_, err := b.Push(context.Background(), img, []name.Tag{b.tag(t, r.host()+"/ns/zk:1")})
		return err
	}
	if err := push("secret"); err != nil {
		t.Errorf("%v", err)
	}
	err := push("wrong")
	if hints := strings.Join(diag.Hints(err), "\n"); !strings.Contains(hints, "may not push") || !strings.Contains(hints, "docker login "+r.host()) {
		t.Errorf("%v\n%s", err, hints)
	}
}

func TestReferences(t *testing.T) {
	r := &Registries{}
	for ref, want := range map[string]string{
		"ns/zk":                      "dockerhub.qingcloud.com/ns/zk:latest",
		"ns/zk:1.0":                  "dockerhub.qingcloud.com/ns/zk:1.0",
		"127.0.0.1:5000/a/b:c":       "127.0.0.1:5000/a/b:c",
		"docker.io/library/alpine:3": "index.docker.io/library/alpine:3",
		"reg.example/a":              "reg.example/a:latest",
	} {
		tag, err := r.ParseTag(ref)
		if err != nil || tag.Name() != want {
			t.Errorf("%q is %q (%v), want %q", ref, tag.Name(), err, want)
		}
	}
	for _, bad := range []string{"", "UPPER/x", "a b", "ns/zk:ta g", "ns/zk@sha256:abc"} {
		if tag, err := r.ParseTag(bad); err == nil {
			t.Errorf("%q was taken for %q", bad, tag.Name())
		}
	}
}

// uploads is a registry's upload endpoint that keeps what it has when a request
// is cut, as the specification has it.
type uploads struct {
	got    []byte
	cuts   int
	ranges []string
}

func (u *uploads) handle(w http.ResponseWriter, r *http.Request) bool {
	if !strings.Contains(r.URL.Path, "/blobs/uploads/keep") {
		return u.start(w, r)
	}
	status := func(code int) {
		w.Header().Set("Location", "/v2/ns/zk/blobs/uploads/keep")
		w.Header().Set("Range", fmt.Sprintf("0-%d", max(0, len(u.got)-1)))
		w.WriteHeader(code)
	}
	switch r.Method {
	case http.MethodPatch:
		u.ranges = append(u.ranges, r.Header.Get("Content-Range"))
		part := io.Reader(r.Body)
		if u.cuts > 0 {
			part = io.LimitReader(r.Body, 1<<20)
		}
		data, _ := io.ReadAll(part)
		u.got = append(u.got, data...)
		if u.cuts > 0 {
			u.cuts--
			panic(http.ErrAbortHandler)
		}
		status(http.StatusAccepted)
	case http.MethodGet:
		status(http.StatusNoContent)
	case http.MethodPut:
		if got := sum(u.got).String(); got != r.URL.Query().Get("digest") {
			w.WriteHeader(http.StatusBadRequest)
		}
		w.WriteHeader(http.StatusCreated)
	}
	return true
}

// start takes over the upload of the first large blob.
func (u *uploads) start(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost || u.got != nil {
		return false
	}
	u.got = []byte{}
	w.Header().Set("Location", "/v2/ns/zk/blobs/uploads/keep")
	w.WriteHeader(http.StatusAccepted)
	return true
}

func TestUploadGoesOn(t *testing.T) {
	r, b := newTestRegistry(t), newTestBuilder(t)
	img, _ := b.mustAssemble(t, bigSpec(t, "scratch"))
	u := &uploads{cuts: 3}
	r.setFault(u.handle)
	s, err := b.Registries.open(context.Background(), b.events(), b.tag(t, r.host()+"/ns/zk:1").Context(), "push,pull")
	if err != nil {
		t.Fatal(err)
	}
	big := layerOf(t, img, "rootfs")
	up := &upload{s: s, b: big}
	if err := up.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	last := big.desc.Size - 1
	want := []string{"", fmt.Sprintf("%d-%d", 1<<20, last), fmt.Sprintf("%d-%d", 2<<20, last), fmt.Sprintf("%d-%d", 3<<20, last)}
	if fmt.Sprint(u.ranges) != fmt.Sprint(want) || sum(u.got) != big.desc.Digest {
		t.Errorf("parts %q, want %q; %d bytes arrived", u.ranges, want, len(u.got))
	}
}

// Tokens from a server of its own, as GitLab and Harbor have it: who may push
// gets one that says so.
func TestTokens(t *testing.T) {
	r := newTestRegistry(t)
	var scopes []string
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		user, password, _ := req.BasicAuth()
		scopes = append(scopes, req.URL.Query()["scope"]...)
		if user != "" && password != "secret" {
			status(401, registryError("UNAUTHORIZED", "wrong password"))(w, req)
			return
		}
		fmt.Fprintf(w, `{"token":"for-%s"}`, user)
	}))
	t.Cleanup(tokens.Close)
	r.setFault(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Header.Get("Authorization") == "Bearer for-me" {
			return false
		}
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s/token",service="test",scope="repository:ns/zk:pull,push"`, tokens.URL))
		status(401, registryError("UNAUTHORIZED", "authentication required"))(w, req)
		return true
	})
	push := func(user, password string) error {
		b := newTestBuilder(t)
		b.Registries.Keychain = oneLogin{user, password}
		img, _ := b.mustAssemble(t, testSpec("scratch"))
		_, err := b.Push(context.Background(), img, []name.Tag{b.tag(t, r.host()+"/ns/zk:1")})
		return err
	}
	if err := push("me", "secret"); err != nil {
		t.Fatal(err)
	}
	if len(scopes) == 0 || scopes[0] != "repository:ns/zk:push,pull" {
		t.Errorf("scopes %q", scopes)
	}
	for user, want := range map[string]string{"": "docker login " + r.host(), "other": "may not push"} {
		err := push(user, "secret")
		if hints := strings.Join(diag.Hints(err), "\n"); !strings.Contains(hints, want) {
			t.Errorf("%q: %v\n%s", user, err, hints)
		}
	}
	if err := push("me", "wrong"); err == nil || !strings.Contains(strings.Join(diag.Hints(err), "\n"), "docker login "+r.host()) {
		t.Errorf("a wrong password: %v", err)
	}
}

type oneLogin struct{ user, password string }

func (l oneLogin) Resolve(authn.Resource) (authn.Authenticator, error) {
	if l.user == "" {
		return authn.Anonymous, nil
	}
	return &authn.Basic{Username: l.user, Password: l.password}, nil
}
