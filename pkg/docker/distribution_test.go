package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/diag"
)

func TestRealRegistry(t *testing.T) {
	addr := testneed.Registry(t, "")
	b := newTestBuilder(t)
	spec := bigSpec(t, "scratch")
	spec.Index = true
	img, _ := b.mustAssemble(t, spec)
	b.mustPush(t, img, addr+"/ns/zk:1", addr+"/ns/zk:latest", addr+"/other/zk:1")
	for _, ref := range []string{"/ns/zk:1", "/ns/zk:latest", "/other/zk:1"} {
		back, err := newTestBuilder(t).Ready(context.Background(), addr+ref, nil)
		if err != nil || back.singles[0].desc.Digest != img.singles[0].desc.Digest {
			t.Errorf("%s: %v", ref, err)
		}
	}
	// On top of it, from another machine: what the registry has is mounted.
	fresh := newTestBuilder(t)
	var mounted int
	fresh.Progress = func(e Event) {
		if e.Note == "mounted" {
			mounted++
		}
	}
	on, _ := fresh.mustAssemble(t, testSpec(addr+"/ns/zk:1"))
	fresh.mustPush(t, on, addr+"/third/app:1")
	if mounted == 0 {
		t.Error("no layer of the base was mounted")
	}
}

// A line that breaks in the middle of an upload. This registry gives up such an
// upload ("resumed at wrong offset"), so it begins anew; see TestUploadGoesOn.
func TestRealRegistryOverABadLine(t *testing.T) {
	addr := testneed.Registry(t, "")
	target := &url.URL{Scheme: "http", Host: addr}
	var cuts atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			body := r.Body
			limit := int64(1 << 40)
			if cuts.Add(1) <= 3 {
				limit = 1 << 20
			}
			r.Body = struct {
				io.Reader
				io.Closer
			}{&breaking{body, limit}, body}
		}
		proxy.ServeHTTP(w, r)
	})}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	b := newTestBuilder(t)
	b.Registries.Retry = Retry{4, 50 * time.Millisecond, 200 * time.Millisecond}
	img, _ := b.mustAssemble(t, bigSpec(t, "scratch"))
	host := l.Addr().String()
	b.mustPush(t, img, host+"/ns/zk:1")
	if cuts.Load() < 4 {
		t.Fatalf("%d parts: nothing was cut", cuts.Load())
	}
	back, err := newTestBuilder(t).Ready(context.Background(), addr+"/ns/zk:1", nil)
	if err != nil || back.Digest() != img.Digest() {
		t.Errorf("%v", err)
	}
}

// breaking fails after a number of bytes.
type breaking struct {
	r    io.Reader
	left int64
}

func (b *breaking) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errors.New("the line broke")
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// bcrypt of "secret", for the user "me".
const htpasswd = "me:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n"

// A private base in a Dockerfile: BuildKit asks for the login through the session.
func TestDockerfileWithAPrivateBase(t *testing.T) {
	dockerCLI := testneed.Docker(t)
	passwords := filepath.Join(t.TempDir(), "htpasswd")
	if err := os.WriteFile(passwords, []byte(htpasswd), 0o644); err != nil {
		t.Fatal(err)
	}
	addr := testneed.Registry(t, fmt.Sprintf("auth: {htpasswd: {realm: test, path: %q}}\n", passwords))
	login := t.TempDir()
	config, _ := json.Marshal(map[string]any{"auths": map[string]any{addr: map[string]string{"username": "me", "password": "secret"}}})
	if err := os.WriteFile(filepath.Join(login, "config.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DOCKER_CONFIG", login)
	b := newTestBuilder(t)
	b.Registries.Keychain = nil
	spec := testSpec("scratch")
	spec.RootFS = withBusybox(t, t.TempDir())
	img, _ := b.mustAssemble(t, spec)
	b.mustPush(t, img, addr+"/private/base:1")
	dir := writeFiles(t, t.TempDir(), file{"Dockerfile", "FROM " + addr + "/private/base:1\nRUN echo made > /made\n"})
	ref, err := b.BuildDockerfile(context.Background(), Dockerfile{File: filepath.Join(dir, "Dockerfile"), Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { exec.Command(dockerCLI, "rmi", "-f", strings.TrimPrefix(ref, "engine:")).Run() })
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	other := newTestBuilder(t)
	other.Registries.Keychain = nil
	_, err = other.Push(context.Background(), img, []name.Tag{other.tag(t, addr+"/private/base:2")})
	if hints := strings.Join(diag.Hints(err), "\n"); !strings.Contains(hints, "docker login "+addr) {
		t.Errorf("%v\n%s", err, hints)
	}
}
