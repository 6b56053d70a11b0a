package docker

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/diag"
)

func runTool(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// withBusybox is a rootfs in which something runs.
func withBusybox(t *testing.T, dir string, more ...file) string {
	t.Helper()
	data, err := os.ReadFile(testneed.Tool(t, "busybox"))
	if err != nil {
		t.Fatal(err)
	}
	return writeFiles(t, dir, append([]file{{"bin/busybox*", string(data)}, {"bin/sh -> busybox", ""}}, more...)...)
}

func TestLoadIntoTheEngineAndRun(t *testing.T) {
	dockerCLI := testneed.Docker(t)
	b := newTestBuilder(t)
	spec := testSpec("scratch")
	spec.RootFS = withBusybox(t, t.TempDir(), file{"opt/hello", "hello\n"})
	img, _ := b.mustAssemble(t, spec)
	ref := "appimg-test/load:" + strings.ToLower(t.Name())
	t.Cleanup(func() { exec.Command(dockerCLI, "rmi", "-f", ref).Run() })
	tag, err := name.NewTag(ref, name.WithDefaultRegistry(""))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Load(context.Background(), img, []name.Tag{tag}); err != nil {
		t.Fatal(err)
	}
	out := runTool(t, dockerCLI, "run", "--rm", "--network=none", "--name", "appimg-test-load", "--entrypoint", "/bin/sh", tag.Name(), "-c",
		"/bin/busybox cat /opt/hello; [ -x /opt/qingcloud/app-agent/bin/confd ] && /bin/busybox ls /etc/confd/conf.d")
	if out != "hello\ncmd.info.toml\nzoo.cfg.toml\n" {
		t.Errorf("%q", out)
	}
	// And back: as a base, with what was put on it.
	again := testSpec("engine:" + tag.Name())
	again.Agent = nil
	_, reports := b.mustAssemble(t, again)
	if reports[0].Agent != AgentKept {
		t.Errorf("%+v", reports[0])
	}
	if _, _, err := b.Assemble(context.Background(), testSpec("engine:appimg-test/none:1")); err == nil || len(diag.Hints(err)) == 0 {
		t.Errorf("no such image: %v", err)
	}
}

func TestWithoutAnEngine(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix://"+filepath.Join(t.TempDir(), "none.sock"))
	b := newTestBuilder(t)
	_, _, err := b.Assemble(context.Background(), testSpec("engine:x"))
	if !errors.Is(err, ErrNoEngine) || len(diag.Hints(err)) == 0 {
		t.Errorf("%v", err)
	}
	dir := writeFiles(t, t.TempDir(), file{"Dockerfile", "FROM scratch\n"})
	_, err = b.BuildDockerfile(context.Background(), Dockerfile{File: filepath.Join(dir, "Dockerfile"), Dir: dir})
	if !errors.Is(err, ErrNoEngine) || len(diag.Hints(err)) != 2 {
		t.Errorf("%v %q", err, diag.Hints(err))
	}
}

func TestDockerfile(t *testing.T) {
	dockerCLI := testneed.Docker(t)
	dir := withBusybox(t, t.TempDir(),
		file{"Dockerfile", "FROM scratch\nCOPY bin /bin\nCOPY setup.sh /tmp/\nRUN sh /tmp/setup.sh\nENTRYPOINT [\"/bin/sh\"]\n"},
		file{"setup.sh", "/bin/busybox mkdir -p /opt && echo made > /opt/made\n"},
		file{"confd/conf.d/x.toml", "1"}, file{".dockerignore", "*.log\n"}, file{"noise.log", "1"})
	b := newTestBuilder(t)
	var lines []string
	b.Progress = func(e Event) {
		if e.Stage == StageBuild && e.Note != "" {
			lines = append(lines, e.Note)
		}
	}
	f := Dockerfile{File: filepath.Join(dir, "Dockerfile"), Dir: dir, Aside: []string{filepath.Join(dir, "confd"), filepath.Join(dir, "setup.sh")}}
	ref, err := b.BuildDockerfile(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { exec.Command(dockerCLI, "rmi", "-f", strings.TrimPrefix(ref, "engine:")).Run() })
	if !strings.Contains(strings.Join(lines, "\n"), "RUN sh /tmp/setup.sh") {
		t.Errorf("the steps were not shown: %q", lines)
	}
	img, reports := b.mustAssemble(t, testSpec(ref))
	if reports[0].Agent != AgentAdded || len(reports[0].Lost) == 0 || reports[0].Lost[0].Value != `["/bin/sh"]` {
		t.Errorf("%+v", reports[0])
	}
	bases, err := b.openBases(context.Background(), "base", ref, nil)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := b.tree(context.Background(), bases[0])
	if err != nil || !tr.has("opt/made") {
		t.Errorf("the base lacks what RUN made: %v", err)
	}
	// From now on no engine is needed: not for a template, not for a log.
	t.Setenv("DOCKER_HOST", "unix:///no/such.sock")
	writeFiles(t, dir, file{"confd/conf.d/x.toml", "2"}, file{"noise.log", "2"})
	again, err := b.BuildDockerfile(context.Background(), f)
	if err != nil || again != ref {
		t.Fatalf("%q, %v", again, err)
	}
	spec := testSpec(again)
	spec.Pairs[0].Data = []byte("[template]\n# edited\n")
	second, _ := b.mustAssemble(t, spec)
	if second.Digest() == img.Digest() {
		t.Error("the edit is not in the image")
	}
	// What the Dockerfile copies counts, even if it was to be left aside.
	writeFiles(t, dir, file{"setup.sh", "false\n"})
	if _, err := b.BuildDockerfile(context.Background(), f); !errors.Is(err, ErrNoEngine) {
		t.Errorf("%v", err)
	}
}

func TestDockerfileThatFails(t *testing.T) {
	testneed.Docker(t)
	dir := withBusybox(t, t.TempDir(), file{"Dockerfile", "FROM scratch\nCOPY bin /bin\nRUN echo before it breaks; false\n"})
	_, err := newTestBuilder(t).BuildDockerfile(context.Background(), Dockerfile{File: filepath.Join(dir, "Dockerfile"), Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "before it breaks") || !strings.Contains(err.Error(), filepath.Join(dir, "Dockerfile")) {
		t.Errorf("%v", err)
	}
	broken := writeFiles(t, t.TempDir(), file{"Dockerfile", "FRM scratch\n"})
	if _, err = newTestBuilder(t).BuildDockerfile(context.Background(), Dockerfile{File: filepath.Join(broken, "Dockerfile"), Dir: broken}); err == nil || !strings.Contains(err.Error(), "FRM") {
		t.Errorf("%v", err)
	}
}

func TestCopies(t *testing.T) {
	for _, c := range []struct {
		line, rel string
		want      bool
	}{
		{"COPY confd /etc/confd", "confd", true},
		{"COPY confd/conf.d/a.toml /etc", "confd", true},
		{"COPY . /app", "confd", true},
		{"COPY ./ /app", "confd", true},
		{"copy bin lib /x/", "bin", true},
		{"copy bin lib /x/", "x", false},
		{"COPY scripts /etc/confd", "confd", false},
		{"COPY --chown=1:1 confd /x", "confd", true},
		{"COPY --from=build /confd /x", "confd", false},
		{`ADD ["confd", "/x"]`, "confd", true},
		{"COPY con* /x", "confd", true},
		{"COPY *.sh /x", "confd", true},
		{"COPY bin*.sh /x", "confd", false},
		{"COPY $DIR /x", "confd", true},
		{"COPY \\\n  a \\\n  confd /x", "confd", true},
		{"RUN echo confd", "confd", false},
		{"RUN --mount=type=bind,target=/x cp /x/a /", "confd", true},
		{"# COPY confd /x", "confd", false},
	} {
		if got := copies("FROM x\n"+c.line+"\n", c.rel); got != c.want {
			t.Errorf("%q takes %q: %v", c.line, c.rel, got)
		}
	}
}

func FuzzFields(f *testing.F) {
	f.Add(appendString(appendString(nil, 1, "user"), 2, "secret"))
	f.Add([]byte{8, 1, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, raw []byte) {
		n := 0
		eachField(raw, func(_ int, value []byte) { n += len(value) })
		if n > len(raw) {
			t.Errorf("%d bytes of values in %d", n, len(raw))
		}
	})
}
