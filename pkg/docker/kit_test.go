package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/appimg/appimg/pkg/agent"
)

// testRegistry is an in-process registry that counts what it is asked and can
// be told to misbehave.
type testRegistry struct {
	*httptest.Server
	mu    sync.Mutex
	log   []string // "METHOD path" of every request but GET /v2/
	sent  int64    // bytes of bodies received
	fault func(w http.ResponseWriter, r *http.Request) bool
}

func newTestRegistry(t *testing.T) *testRegistry {
	t.Helper()
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	r := &testRegistry{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		if req.URL.Path != "/v2/" {
			r.log = append(r.log, req.Method+" "+req.URL.Path)
		}
		fault := r.fault
		r.mu.Unlock()
		if fault != nil && fault(w, req) {
			return
		}
		req.Body = countBody{req.Body, r}
		inner.ServeHTTP(w, req)
	}))
	t.Cleanup(r.Close)
	return r
}

type countBody struct {
	io.ReadCloser
	r *testRegistry
}

func (c countBody) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.r.mu.Lock()
	c.r.sent += int64(n)
	c.r.mu.Unlock()
	return n, err
}

func (r *testRegistry) host() string { return strings.TrimPrefix(r.URL, "http://") }

// take returns what was asked and received since the last call.
func (r *testRegistry) take() (log []string, sent int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	log, sent = r.log, r.sent
	r.log, r.sent = nil, 0
	return log, sent
}

func (r *testRegistry) setFault(f func(w http.ResponseWriter, r *http.Request) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = f
}

func count(log []string, prefix string, has string) int {
	n := 0
	for _, l := range log {
		if strings.HasPrefix(l, prefix) && strings.Contains(l, has) {
			n++
		}
	}
	return n
}

type noKeys struct{}

func (noKeys) Resolve(authn.Resource) (authn.Authenticator, error) { return authn.Anonymous, nil }

func newTestBuilder(t *testing.T) *Builder {
	t.Helper()
	return &Builder{
		Cache:      NewCache(filepath.Join(t.TempDir(), "cache")),
		Registries: &Registries{Keychain: noKeys{}, Retry: Retry{4, time.Millisecond, 4 * time.Millisecond}},
	}
}

func (b *Builder) tag(t *testing.T, ref string) name.Tag {
	t.Helper()
	tag, err := b.Registries.ParseTag(ref)
	if err != nil {
		t.Fatal(err)
	}
	return tag
}

// file is one path of a tree to be written: "dir/", "link -> target", or a file
// whose mode is 0755 when the name ends in "*".
type file struct{ name, data string }

func writeFiles(t *testing.T, dir string, files ...file) string {
	t.Helper()
	for _, f := range files {
		name, target, link := strings.Cut(f.name, " -> ")
		exec := strings.HasSuffix(name, "*")
		p := filepath.Join(dir, strings.TrimSuffix(name, "*"))
		parent := filepath.Dir(p)
		if strings.HasSuffix(name, "/") {
			parent = p
		}
		if err := os.MkdirAll(parent, 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch {
		case link:
			err = os.Symlink(target, p)
		case strings.HasSuffix(name, "/"):
		case exec:
			err = os.WriteFile(p, []byte(f.data), 0o755)
		default:
			err = os.WriteFile(p, []byte(f.data), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func testAgent(arch string) (agent.Bundle, error) {
	return agent.New("builtin", arch, []byte("daemon for "+arch)), nil
}

func testSpec(base string) Spec {
	return Spec{
		Base: base, Agent: testAgent, Config: agent.Config(agent.ConfigOptions{}),
		Pairs: []PairFile{
			{"/etc/confd/conf.d/zoo.cfg.toml", []byte("[template]\n")},
			{"/etc/confd/templates/zoo.cfg.tmpl", []byte("tickTime=2000\n")},
		},
		Labels: map[string]string{"org.opencontainers.image.title": "zk"},
	}
}

func (b *Builder) mustAssemble(t *testing.T, spec Spec) (*Image, []Report) {
	t.Helper()
	img, reports, err := b.Assemble(context.Background(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return img, reports
}

func (b *Builder) mustPush(t *testing.T, img *Image, refs ...string) {
	t.Helper()
	var tags []name.Tag
	for _, r := range refs {
		tags = append(tags, b.tag(t, r))
	}
	if _, err := b.Push(context.Background(), img, tags); err != nil {
		t.Fatal(err)
	}
}

// list describes the members of a layer, one line each.
func list(t *testing.T, l *blob) string {
	t.Helper()
	r, err := l.open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	plain, err := uncompress(r, l.desc.MediaType)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for tr := tar.NewReader(plain); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return out.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%c %04o %d:%d %s", h.Typeflag, h.Mode, h.Uid, h.Gid, h.Name)
		if h.Linkname != "" {
			fmt.Fprintf(&out, " -> %s", h.Linkname)
		}
		out.WriteByte('\n')
		if !h.ModTime.Equal(epoch()) || h.Uname != "" {
			t.Errorf("%s has time %v and user %q", h.Name, h.ModTime, h.Uname)
		}
	}
}

func layerOf(t *testing.T, img *Image, title string) *blob {
	t.Helper()
	for _, l := range img.singles[0].layers {
		if l.title == title {
			return l
		}
	}
	t.Fatalf("no layer %q", title)
	return nil
}

func configOf(t *testing.T, s *single) v1.ConfigFile {
	t.Helper()
	data, err := readAll(context.Background(), s.config)
	if err != nil {
		t.Fatal(err)
	}
	var c v1.ConfigFile
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// tarOf makes a layer of files, as some other tool would.
func tarOf(t testing.TB, members ...tar.Header) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, h := range members {
		data := []byte(h.Name)
		if h.Typeflag == 0 {
			h.Typeflag, h.Size = tar.TypeReg, int64(len(data))
		}
		if h.Mode == 0 {
			h.Mode = 0o755
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// saveTar writes a base as docker save would: layers uncompressed.
func saveTar(t testing.TB, config v1.ConfigFile, layers ...[]byte) string {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	put := func(name string, data []byte) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	s := saved{Config: "config.json"}
	config.RootFS = v1.RootFS{Type: "layers"}
	for i, l := range layers {
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, sum(l))
		s.Layers = append(s.Layers, fmt.Sprintf("%d/layer.tar", i))
		put(s.Layers[i], l)
	}
	raw, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	put("config.json", raw)
	toc, err := json.Marshal([]saved{s})
	if err != nil {
		t.Fatal(err)
	}
	put("manifest.json", toc)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(t.(interface{ TempDir() string }).TempDir(), "base.tar")
	if err := os.WriteFile(p, buf.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return "archive:" + p
}

func configFor(arch string) v1.ConfigFile { return v1.ConfigFile{OS: "linux", Architecture: arch} }

func dirH(name string, mode int64, uid int) tar.Header {
	return tar.Header{Name: name + "/", Typeflag: tar.TypeDir, Mode: mode, Uid: uid, Gid: uid}
}

func linkH(name, target string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: target, Mode: 0o777}
}

// merged is a base as today's distributions are: /bin and /lib are links.
func merged(t testing.TB, config v1.ConfigFile, more ...tar.Header) string {
	t.Helper()
	if config.Architecture == "" {
		config.OS, config.Architecture = "linux", "amd64"
	}
	return saveTar(t, config, tarOf(t, append([]tar.Header{
		dirH("usr", 0o755, 0), dirH("usr/bin", 0o755, 0), dirH("usr/lib", 0o755, 0), linkH("bin", "usr/bin"), linkH("lib", "/usr/lib"),
		dirH("tmp", 0o1777, 0), dirH("var", 0o755, 0), linkH("var/run", "../run"), dirH("run", 0o755, 0), dirH("etc", 0o755, 0),
		dirH("home", 0o755, 0), dirH("home/app", 0o2750, 1000), {Name: "usr/bin/sh"},
	}, more...)...))
}
