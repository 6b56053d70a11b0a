package docker

import (
	"archive/tar"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/appimg/appimg/pkg/diag"
)

const agentListing = `5 0755 0:0 etc/
5 0755 0:0 etc/confd/
5 0755 0:0 etc/confd/conf.d/
0 0644 0:0 etc/confd/conf.d/cmd.info.toml
0 0644 0:0 etc/confd/confd.toml
5 0755 0:0 etc/confd/templates/
0 0644 0:0 etc/confd/templates/cmd.info.tmpl
5 0755 0:0 opt/
5 0755 0:0 opt/qingcloud/
5 0755 0:0 opt/qingcloud/app-agent/
5 0755 0:0 opt/qingcloud/app-agent/bin/
0 0755 0:0 opt/qingcloud/app-agent/bin/confd
0 0755 0:0 opt/qingcloud/app-agent/bin/exec.sh
5 0755 0:0 opt/qingcloud/app-agent/log/
0 0644 0:0 opt/qingcloud/app-agent/log/cmd.info
0 0644 0:0 opt/qingcloud/app-agent/log/cmd.log
5 0755 0:0 opt/qingcloud/app-agent/run/
`

const pairsListing = `5 0755 0:0 etc/
5 0755 0:0 etc/confd/
5 0755 0:0 etc/confd/conf.d/
0 0644 0:0 etc/confd/conf.d/zoo.cfg.toml
5 0755 0:0 etc/confd/templates/
0 0644 0:0 etc/confd/templates/zoo.cfg.tmpl
`

func TestLayers(t *testing.T) {
	b := newTestBuilder(t)
	spec := testSpec("scratch")
	spec.RootFS = writeFiles(t, t.TempDir(), file{"opt/zk/bin/start.sh*", "#!/bin/sh\n"}, file{"opt/zk/conf/zoo.cfg", "x"},
		file{"opt/zk/current -> ../zk", ""}, file{"data/", ""}, file{"data/.gitkeep", ""}, file{"usr/bin/zk -> /opt/zk/bin/start.sh", ""})
	img, reports := b.mustAssemble(t, spec)
	var titles []string
	for _, l := range img.singles[0].layers {
		titles = append(titles, l.title)
	}
	if want := []string{"agent", "rootfs", "pairs"}; !reflect.DeepEqual(titles, want) {
		t.Errorf("layers %q, want %q: from the least to the most often changed", titles, want)
	}
	for title, want := range map[string]string{
		"agent": agentListing,
		"pairs": pairsListing,
		"rootfs": `5 0755 0:0 data/
5 0755 0:0 opt/
5 0755 0:0 opt/zk/
5 0755 0:0 opt/zk/bin/
0 0755 0:0 opt/zk/bin/start.sh
5 0755 0:0 opt/zk/conf/
0 0644 0:0 opt/zk/conf/zoo.cfg
2 0777 0:0 opt/zk/current -> ../zk
5 0755 0:0 usr/
5 0755 0:0 usr/bin/
2 0777 0:0 usr/bin/zk -> /opt/zk/bin/start.sh
`,
	} {
		if got := list(t, layerOf(t, img, title)); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", title, got, want)
		}
	}
	c := configOf(t, img.singles[0])
	if got := c.Config.Entrypoint; !reflect.DeepEqual(got, []string{"/opt/qingcloud/app-agent/bin/confd"}) {
		t.Errorf("entrypoint %q", got)
	}
	if c.Config.Cmd != nil || c.Config.User != "" || c.OS != "linux" || c.Architecture != "amd64" {
		t.Errorf("config %+v", c)
	}
	if got := c.Config.Labels; got["org.opencontainers.image.title"] != "zk" || !strings.HasPrefix(got[LabelAgent], "builtin@sha256:") {
		t.Errorf("labels %v", got)
	}
	if len(c.History) != 3 || len(c.RootFS.DiffIDs) != 3 {
		t.Errorf("%d history entries, %d layers", len(c.History), len(c.RootFS.DiffIDs))
	}
	if r := reports[0]; r.Agent != AgentAdded || len(r.Lost) > 0 || len(r.Layers) != 3 {
		t.Errorf("report %+v", r)
	}
}

// Same input, same digest: on any machine, umask, time zone and file order.
func TestSameInputSameDigest(t *testing.T) {
	build := func(order []int, mask int, zone string, age time.Duration) v1.Hash {
		t.Setenv("TZ", zone)
		defer syscall.Umask(syscall.Umask(mask))
		files := []file{{"bin/a*", "a"}, {"bin/b", "b"}, {"etc/c.conf", "c"}, {"l -> bin/a", ""}, {"srv/", ""}}
		root := t.TempDir()
		for _, i := range order {
			writeFiles(t, root, files[i])
		}
		then := time.Now().Add(-age)
		for _, f := range []string{"bin/a", "bin/b", "etc/c.conf", "bin"} {
			if err := os.Chtimes(filepath.Join(root, f), then, then); err != nil {
				t.Fatal(err)
			}
		}
		b := newTestBuilder(t)
		spec := testSpec(merged(t, v1.ConfigFile{}))
		spec.RootFS = root
		img, _ := b.mustAssemble(t, spec)
		return img.Digest()
	}
	want := build([]int{0, 1, 2, 3, 4}, 0o022, "UTC", 0)
	for _, got := range []v1.Hash{
		build([]int{4, 3, 2, 1, 0}, 0o077, "Asia/Shanghai", 1000*time.Hour),
		build([]int{2, 0, 4, 1, 3}, 0o002, "America/New_York", time.Hour),
	} {
		if got != want {
			t.Errorf("%s and %s", got, want)
		}
	}
}

// On today's systems /bin is a link: a file for /bin must not replace it.
func TestLinksAndFoldersOfTheBaseStay(t *testing.T) {
	b := newTestBuilder(t)
	spec := testSpec(merged(t, v1.ConfigFile{}))
	spec.RootFS = writeFiles(t, t.TempDir(), file{"bin/tool*", "x"}, file{"lib/x.so", "x"}, file{"tmp/seed", "x"}, file{"var/run/zk/", ""}, file{"home/app/.profile", "x"})
	img, _ := b.mustAssemble(t, spec)
	want := `5 0755 0:0 home/
5 2750 1000:1000 home/app/
0 0644 0:0 home/app/.profile
5 0755 0:0 run/
5 0755 0:0 run/zk/
5 1777 0:0 tmp/
0 0644 0:0 tmp/seed
5 0755 0:0 usr/
5 0755 0:0 usr/bin/
0 0755 0:0 usr/bin/tool
5 0755 0:0 usr/lib/
0 0644 0:0 usr/lib/x.so
`
	// var and var/run are folders on the way in rootfs, so var is repeated.
	got := strings.Replace(list(t, layerOf(t, img, "rootfs")), "5 0755 0:0 var/\n", "", 1)
	if got != want {
		t.Errorf("rootfs:\n%s\nwant\n%s", got, want)
	}
}

func TestWhatTheBaseLoses(t *testing.T) {
	b := newTestBuilder(t)
	created := v1.Time{Time: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)}
	base := merged(t, v1.ConfigFile{OS: "linux", Architecture: "arm64", Created: created, Config: v1.Config{
		Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"php-fpm"}, User: "www-data", StopSignal: "SIGQUIT",
		Healthcheck: &v1.HealthConfig{Test: []string{"CMD", "true"}}, Volumes: map[string]struct{}{"/b": {}, "/a": {}},
		Env: []string{"PATH=/bin"}, WorkingDir: "/srv", ExposedPorts: map[string]struct{}{"80/tcp": {}},
		Labels: map[string]string{"keep": "me", "org.opencontainers.image.version": "of the base"},
	}})
	img, reports := b.mustAssemble(t, testSpec(base))
	want := []Loss{
		{"entrypoint", `["docker-entrypoint.sh"]`}, {"command", `["php-fpm"]`}, {"user", "www-data"},
		{"healthcheck", `["CMD","true"]`}, {"volumes", "/a /b"}, {"stop signal", "SIGQUIT"},
	}
	if got := reports[0].Lost; !reflect.DeepEqual(got, want) {
		t.Errorf("lost %v, want %v", got, want)
	}
	c := configOf(t, img.singles[0])
	if c.Config.Healthcheck != nil || c.Config.Volumes != nil || c.Config.StopSignal != "" || c.Config.User != "" {
		t.Errorf("config %+v", c.Config)
	}
	if c.Config.WorkingDir != "/srv" || len(c.Config.Env) != 1 || len(c.Config.ExposedPorts) != 1 || c.Config.Labels["keep"] != "me" {
		t.Errorf("config %+v: what still makes sense should stay", c.Config)
	}
	if _, ok := c.Config.Labels["org.opencontainers.image.version"]; ok {
		t.Error("the base's version became the image's")
	}
	if reports[0].Platform != "linux/arm64" || c.Architecture != "arm64" || !c.Created.Equal(created.Time) {
		t.Errorf("%s, %s, %v", reports[0].Platform, c.Architecture, c.Created)
	}
}

func TestAgentOfTheBase(t *testing.T) {
	withAgent := merged(t, v1.ConfigFile{}, dirH("opt", 0o755, 0), dirH("opt/qingcloud", 0o755, 0), dirH("opt/qingcloud/app-agent", 0o755, 0),
		dirH("opt/qingcloud/app-agent/bin", 0o755, 0), tar.Header{Name: "opt/qingcloud/app-agent/bin/confd"}, tar.Header{Name: "opt/qingcloud/app-agent/bin/exec.sh"})
	b := newTestBuilder(t)
	_, reports := b.mustAssemble(t, testSpec(withAgent))
	if reports[0].Agent != AgentReplaced {
		t.Errorf("%+v", reports[0])
	}
	spec := testSpec(withAgent)
	spec.Agent = nil
	img, reports := b.mustAssemble(t, spec)
	if reports[0].Agent != AgentKept || reports[0].AgentID != "" {
		t.Errorf("%+v", reports[0])
	}
	got := list(t, layerOf(t, img, "agent"))
	if strings.Contains(got, "bin/confd") || strings.Contains(got, "exec.sh") || !strings.Contains(got, "etc/confd/confd.toml") {
		t.Errorf("with the base's agent:\n%s", got)
	}
	if c := configOf(t, img.singles[0]); c.Config.Labels[LabelAgent] != "base" {
		t.Errorf("labels %v", c.Config.Labels)
	}
	spec.Base = merged(t, v1.ConfigFile{})
	if _, _, err := b.Assemble(context.Background(), spec); err == nil || len(diag.Hints(err)) == 0 {
		t.Errorf("a base without an agent: %v", err)
	}
}

func TestSeveralPlatforms(t *testing.T) {
	b := newTestBuilder(t)
	spec := testSpec("scratch")
	spec.Platforms = []v1.Platform{{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64"}}
	img, reports := b.mustAssemble(t, spec)
	if img.index == nil || len(img.singles) != 2 || len(reports) != 2 {
		t.Fatalf("%d images, %d reports", len(img.singles), len(reports))
	}
	if a, b := layerOf(t, img, "agent").desc.Digest, img.singles[1].layers[0].desc.Digest; a == b {
		t.Error("both platforms have the same daemon")
	}
	out := "oci:" + filepath.Join(t.TempDir(), "image")
	if err := b.Save(context.Background(), img, out, nil); err != nil {
		t.Fatal(err)
	}
	for _, arch := range []string{"amd64", "arm64"} {
		spec := testSpec(out)
		spec.Platforms = []v1.Platform{{OS: "linux", Architecture: arch}}
		again, _ := b.mustAssemble(t, spec)
		if got := configOf(t, again.singles[0]).Architecture; got != arch {
			t.Errorf("%s came out for %s", arch, got)
		}
	}
	spec = testSpec(out)
	spec.Platforms = []v1.Platform{{OS: "linux", Architecture: "s390x"}}
	if _, _, err := b.Assemble(context.Background(), spec); err == nil || !strings.Contains(strings.Join(diag.Hints(err), ""), "linux/arm64") {
		t.Errorf("a platform that is not there: %v %q", err, diag.Hints(err))
	}
}

func TestRootFSRefuses(t *testing.T) {
	project := t.TempDir()
	for name, c := range map[string]struct {
		file file
		want string
	}{
		"a link out of it":          {file{"a -> ../../secret", ""}, "leads out of it"},
		"a link out, further below": {file{"x/y/a -> ../../../secret", ""}, "leads out of it"},
		"a link to the project":     {file{"a -> " + project + "/appimg.toml", ""}, "leads out of it"},
		"a whiteout":                {file{"x/.wh.a", ""}, "delete files"},
	} {
		b := newTestBuilder(t)
		spec := testSpec("scratch")
		spec.Project, spec.RootFS = project, writeFiles(t, t.TempDir(), c.file)
		if _, _, err := b.Assemble(context.Background(), spec); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	root := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(root, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readRootFS(root, ""); err == nil || !strings.Contains(err.Error(), "a named pipe") {
		t.Errorf("a pipe: %v", err)
	}
	if _, err := readRootFS(filepath.Join(root, "none"), ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

// A fault of the check stops the build before a layer is written.
func TestCheckComesFirst(t *testing.T) {
	b := newTestBuilder(t)
	spec := testSpec("scratch")
	fault := errors.New("conf.d/zoo.cfg.toml:3:1: broken")
	spec.Check = func(context.Context) error { return fault }
	if _, _, err := b.Assemble(context.Background(), spec); !errors.Is(err, fault) {
		t.Fatalf("%v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(b.Cache.dir, "blobs", "*", "*")); len(left) > 0 {
		t.Errorf("written: %q", left)
	}
}

func TestShellWarnings(t *testing.T) {
	commands := []Command{{Name: "start", Text: "source /etc/x"}, {Name: "stop", Text: "kill 1"}, {Name: "deep", Text: strings.Repeat("(", 1_000_000)}}
	b := newTestBuilder(t)
	for base, want := range map[string]int{
		merged(t, v1.ConfigFile{}):                                   1,
		merged(t, v1.ConfigFile{}, tar.Header{Name: "usr/bin/bash"}): 0,
	} {
		spec := testSpec(base)
		spec.Commands = commands
		_, reports := b.mustAssemble(t, spec)
		if got := len(reports[0].Warnings); got != want || reports[0].NoShell {
			t.Errorf("%d warnings, want %d", got, want)
		}
	}
	spec := testSpec("scratch")
	spec.Commands = commands
	if _, reports := b.mustAssemble(t, spec); !reports[0].NoShell || len(reports[0].Warnings) != 0 {
		t.Errorf("without any shell: %+v", reports[0])
	}
}

func TestBadBases(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage")
	if err := os.WriteFile(garbage, []byte("not a tar at all"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{"", "UPPER/case", "oci:" + dir, "oci:/no/such", "archive:" + garbage, "archive:" + dir + "/none", "archive:" + dir, "a b"} {
		_, _, err := newTestBuilder(t).Assemble(context.Background(), testSpec(base))
		if err == nil {
			t.Errorf("%q was accepted", base)
			continue
		}
		if !strings.Contains(err.Error(), base) {
			t.Errorf("%q is not named in %v", base, err)
		}
	}
}

func TestDamagedCacheIsNoticed(t *testing.T) {
	b := newTestBuilder(t)
	img, _ := b.mustAssemble(t, testSpec("scratch"))
	p := b.Cache.blobPath(layerOf(t, img, "pairs").desc.Digest)
	data, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(p, data, 0o644); err != nil {
		t.Fatal(err)
	}
	out := "archive:" + filepath.Join(t.TempDir(), "x.tar")
	if err := b.Save(context.Background(), img, out, nil); !errors.Is(err, errDamaged) {
		t.Fatalf("%v", err)
	}
	img, _ = b.mustAssemble(t, testSpec("scratch"))
	if err := b.Save(context.Background(), img, out, nil); err != nil {
		t.Errorf("the second run: %v", err)
	}
}

// A file that is changed is noticed, however much its times are made to look the same.
func TestStampsAreNotFooled(t *testing.T) {
	root := writeFiles(t, t.TempDir(), file{"opt/x", "one"})
	p := filepath.Join(root, "opt/x")
	past := time.Now().Add(-time.Hour)
	touch := func() {
		if err := os.Chtimes(p, past, past); err != nil {
			t.Fatal(err)
		}
	}
	touch()
	b := newTestBuilder(t)
	spec := testSpec("scratch")
	spec.RootFS = root
	digest := func() v1.Hash {
		img, _ := b.mustAssemble(t, spec)
		return img.Digest()
	}
	time.Sleep(2100 * time.Millisecond) // a file has to be left alone for a while before it is trusted
	first := digest()
	if again := digest(); again != first {
		t.Errorf("%s became %s", first, again)
	}
	if err := os.WriteFile(p, []byte("two"), 0o644); err != nil {
		t.Fatal(err)
	}
	touch()
	if digest() == first {
		t.Error("a change that left size and time was not noticed")
	}
}
