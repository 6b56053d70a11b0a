//go:build unix

package confd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/confd"
)

// The recorded cases name these folders in templates, commands and results.
// Each run has its own instead.
const recordedRun, recordedOut = "/tmp/confd-run", "/tmp/confd-out"

type vector struct {
	dir      string // of the case
	run, out string
	opts     vectorOptions
}

type vectorOptions struct {
	Source     string            `json:"source"`
	PrefixFlag *string           `json:"prefix_flag"`
	Flags      []string          `json:"flags"`
	DataAtRoot bool              `json:"data_at_root"`
	Env        map[string]string `json:"env"`
	TOMLName   string            `json:"toml_name"`
	Setup      []setupFile       `json:"setup"`
	Steps      []vectorStep      `json:"steps"`
}

type setupFile struct {
	Path    string `json:"path"`
	Dir     bool   `json:"dir"`
	Symlink string `json:"symlink"`
	Content string `json:"content"`
	Mode    string `json:"mode"`
	UID     *int   `json:"uid"`
	GID     *int   `json:"gid"`
}

type vectorStep struct {
	Metadata string      `json:"metadata"`
	Tmpl     string      `json:"tmpl"`
	Remove   []string    `json:"remove"`
	Write    []setupFile `json:"write"`
}

type vectorState struct {
	ExitCodes []int                `json:"exit_codes"`
	Out       map[string]fileState `json:"out"`
}

type fileState struct {
	Type    string `json:"type"`
	Mode    string `json:"mode"`
	UID     int    `json:"uid"`
	GID     int    `json:"gid"`
	Content string `json:"content"`
	Target  string `json:"target"`
}

func TestVectors(t *testing.T) {
	old := syscall.Umask(0o022)
	defer syscall.Umask(old)
	cases, err := filepath.Glob("testdata/vectors/*/*/metadata.json")
	if err != nil || len(cases) < 400 {
		t.Fatalf("%d cases found: %v", len(cases), err)
	}
	for _, c := range cases {
		dir, err := filepath.Abs(filepath.Dir(c))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(filepath.Dir(dir))+"/"+filepath.Base(dir), func(t *testing.T) {
			if os.Geteuid() != 0 && strings.HasSuffix(filepath.Dir(dir), "/resource") {
				testneed.Root(t) // owners are recorded as root's
			}
			v := newVector(t, dir)
			v.check(t)
		})
	}
}

func newVector(t *testing.T, dir string) *vector {
	base := t.TempDir()
	v := &vector{dir: dir, run: filepath.Join(base, "confd-run"), out: filepath.Join(base, "confd-out")}
	prefix := "/self"
	v.opts = vectorOptions{Source: "metad", PrefixFlag: &prefix, Flags: []string{"-sync-only"}, TOMLName: "case.toml"}
	if data, err := os.ReadFile(dir + "/options.json"); err == nil {
		if err := json.Unmarshal(v.localize(data), &v.opts); err != nil {
			t.Fatal(err)
		}
	}
	for _, sub := range []string{v.run + "/conf.d", v.run + "/templates", v.run + "/cwd", v.out} {
		mustDo(t, os.MkdirAll(sub, 0o755))
	}
	v.copy(t, "case.toml", "conf.d/"+v.opts.TOMLName)
	v.copy(t, "case.tmpl", "templates/case.tmpl")
	_ = filepath.WalkDir(dir+"/extra", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, p)
			v.copy(t, rel, strings.TrimPrefix(rel, "extra/"))
		}
		return nil
	})
	for _, s := range v.opts.Setup {
		v.setup(t, s)
	}
	t.Chdir(v.run + "/cwd")
	for k, value := range v.opts.Env {
		t.Setenv(k, value)
	}
	return v
}

// localize puts this run's folders in place of the recorded ones, and back.
func (v *vector) localize(data []byte) []byte {
	data = bytes.ReplaceAll(data, []byte(recordedRun), []byte(v.run))
	return bytes.ReplaceAll(data, []byte(recordedOut), []byte(v.out))
}

func (v *vector) copy(t *testing.T, from, to string) {
	data, err := os.ReadFile(filepath.Join(v.dir, from))
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	mustDo(t, err)
	to = filepath.Join(v.run, to)
	mustDo(t, os.MkdirAll(filepath.Dir(to), 0o755))
	mustDo(t, os.WriteFile(to, v.localize(data), 0o644))
}

func (v *vector) setup(t *testing.T, s setupFile) {
	switch {
	case s.Dir:
		mustDo(t, os.MkdirAll(s.Path, 0o755))
	case s.Symlink != "":
		mustDo(t, os.Symlink(s.Symlink, s.Path))
	default:
		mustDo(t, os.MkdirAll(filepath.Dir(s.Path), 0o755))
		mustDo(t, os.WriteFile(s.Path, []byte(s.Content), 0o644))
	}
	if s.Mode != "" {
		mode, err := strconv.ParseUint(s.Mode, 8, 32)
		mustDo(t, err)
		mustDo(t, os.Chmod(s.Path, fs.FileMode(mode)))
	}
	if s.UID != nil {
		mustDo(t, os.Chown(s.Path, *s.UID, *s.GID))
	}
}

// check runs the steps of the case and compares what came of them.
func (v *vector) check(t *testing.T) {
	steps := v.opts.Steps
	if steps == nil {
		steps = []vectorStep{{}}
	}
	var failed []bool
	var last error
	for _, step := range steps {
		last = v.step(t, step)
		failed = append(failed, last != nil)
	}
	_, err := os.Stat(v.dir + "/expected_error")
	if refuse := err == nil; refuse != (last != nil) {
		t.Errorf("refused: %v, want %v", last, refuse)
	}
	if want, err := os.ReadFile(v.dir + "/expected"); err == nil {
		got, err := os.ReadFile(v.dest())
		if err != nil || !bytes.Equal(got, v.localize(want)) {
			t.Errorf("dest (%v):\n%q\nwant\n%q", err, got, want)
		}
	}
	if data, err := os.ReadFile(v.dir + "/expected_state.json"); err == nil {
		v.checkState(t, v.localize(data), failed)
	}
}

func (v *vector) checkState(t *testing.T, data []byte, failed []bool) {
	var want vectorState
	mustDo(t, json.Unmarshal(data, &want))
	for i, code := range want.ExitCodes {
		if failed[i] != (code != 0) {
			t.Errorf("step %d failed: %v, want exit code %d", i, failed[i], code)
		}
	}
	got := stateOf(t, v.out)
	if fmt.Sprint(got) != fmt.Sprint(want.Out) {
		t.Errorf("files:\n%v\nwant\n%v", got, want.Out)
	}
}

func stateOf(t *testing.T, root string) map[string]fileState {
	out := map[string]fileState{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == root {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		sys := fi.Sys().(*syscall.Stat_t)
		s := fileState{Type: "file", Mode: fmt.Sprintf("%04o", sys.Mode&0o7777), UID: int(sys.Uid), GID: int(sys.Gid)}
		switch {
		case d.IsDir():
			s.Type = "dir"
		case d.Type() == fs.ModeSymlink:
			s.Type, s.Mode = "symlink", ""
			s.Target, err = os.Readlink(p)
		default:
			var data []byte
			data, err = os.ReadFile(p)
			s.Content = string(data)
		}
		rel, _ := filepath.Rel(root, p)
		out[rel] = s
		return err
	})
	mustDo(t, err)
	return out
}

// dest is the file that the case's own resource writes.
func (v *vector) dest() string {
	data, _ := os.ReadFile(filepath.Join(v.run, "conf.d", v.opts.TOMLName))
	m := regexp.MustCompile(`(?mi)^\s*"?dest"?\s*=\s*["'](.*?)["']`).FindSubmatch(data)
	if m == nil {
		return ""
	}
	if filepath.IsAbs(string(m[1])) {
		return string(m[1])
	}
	return filepath.Join(v.run, "cwd", string(m[1]))
}

func (v *vector) step(t *testing.T, step vectorStep) error {
	for _, p := range step.Remove {
		mustDo(t, os.Remove(p))
	}
	for _, f := range step.Write {
		mustDo(t, os.WriteFile(f.Path, []byte(f.Content), 0o644))
	}
	if step.Tmpl != "" {
		v.copy(t, step.Tmpl, "templates/case.tmpl")
	}
	name := "metadata.json"
	if step.Metadata != "" {
		name = step.Metadata
	}
	data, err := os.ReadFile(filepath.Join(v.dir, name))
	mustDo(t, err)
	a := v.applier(t)
	rs, err := a.LoadAll()
	if err != nil {
		return err
	}
	return a.ApplyAll(context.Background(), rs, &stub{raw: data, opts: v.opts})
}

func (v *vector) applier(t *testing.T) *confd.Applier {
	a := &confd.Applier{ConfDir: v.run, Prefix: v.opts.PrefixFlag}
	for i, f := range v.opts.Flags {
		switch f {
		case "-sync-only":
			a.SyncOnly = true
		case "-noop":
			a.Noop = true
		case "-confdir":
			a.ConfDir = v.opts.Flags[i+1]
		case "-config-file":
			data, err := os.ReadFile(v.opts.Flags[i+1])
			mustDo(t, err)
			m := regexp.MustCompile(`prefix = "(.*)"`).FindSubmatch(data)
			prefix := string(m[1])
			a.Prefix = &prefix
		}
	}
	return a
}

// stub answers as the metadata server did when the cases were recorded, and
// decodes as confd's client does.
type stub struct {
	raw  []byte
	opts vectorOptions
}

func (s *stub) Get(_ context.Context, path string) (any, error) {
	u, err := url.Parse("http://127.0.0.1" + path)
	if err != nil {
		return nil, err
	}
	var v, root any
	err = json.Unmarshal(s.raw, &root)
	names := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	if !s.opts.DataAtRoot && len(names) > 0 {
		if names[0] != "self" {
			return confd.NotFound(), nil
		}
		names = names[1:]
	}
	if len(names) == 0 && err != nil {
		return nil, err
	}
	v = root
	for _, n := range names {
		m, _ := v.(map[string]any)
		if v = m[n]; v == nil {
			return confd.NotFound(), nil
		}
	}
	if m, ok := v.(map[string]any); ok && len(m) == 0 && s.opts.Source == "metad" {
		return confd.NotFound(), nil
	}
	return v, nil
}
