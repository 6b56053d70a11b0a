package scaffold

import (
	"bytes"
	stdbzip2 "compress/bzip2"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dsnet/compress/bzip2"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
)

// uploads are files as an app has them, and some that are harder to pack.
func uploads() []File {
	noise := make([]byte, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	return []File{
		{"config.json", 0o644, []byte("{}\n")},
		{"cluster.json.mustache", 0o644, []byte(strings.Repeat(`{"name": {{cluster.name}}}`, 1000))},
		{"locale/en.json", 0o644, nil},
		{"locale/zh-cn.json", 0o644, []byte(`{"端口": "端口"}`)},
		{"locale/deep/noise", 0o644, noise},
		{"locale/deep/zero", 0o644, make([]byte, 1<<20)},
	}
}

func TestArchivesUnpack(t *testing.T) {
	python := func(module string) []string {
		return []string{"python3", "-c", "import sys, " + module + "; " + map[string]string{
			"tarfile": "tarfile.open(sys.argv[1]).extractall('.')",
			"zipfile": "zipfile.ZipFile(sys.argv[1]).extractall('.')",
		}[module]}
	}
	for _, c := range []struct {
		name string
		by   [][]string
	}{
		{"a.tar", [][]string{{"tar", "-xf"}, python("tarfile")}},
		{"a.tar.gz", [][]string{{"tar", "-xzf"}, python("tarfile")}},
		{"a.tgz", [][]string{{"tar", "-xzf"}}},
		{"a.tar.bz2", [][]string{{"tar", "-xjf"}, python("tarfile")}},
		{"a.tbz", [][]string{{"tar", "-xjf"}}},
		{"a.zip", [][]string{{"unzip", "-q"}, python("zipfile")}},
		{"UP.ZIP", [][]string{{"unzip", "-q"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), c.name)
			if err := os.WriteFile(file, archive(t, c.name, uploads()), 0o644); err != nil {
				t.Fatal(err)
			}
			for _, by := range c.by {
				cmd := exec.Command(testneed.Tool(t, by[0]), append(by[1:], file)...)
				cmd.Dir = t.TempDir()
				if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
					t.Fatalf("%s: %v\n%s", by[0], err, out)
				}
				same(t, cmd.Dir, uploads())
			}
		})
	}
}

func archive(t *testing.T, name string, files []File) []byte {
	t.Helper()
	form, err := ArchiveOf(name)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := form.Write(&out, files); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// same holds a folder against the files that should be in it, and nothing else.
func same(t *testing.T, dir string, files []File) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	})
	if err != nil || n != len(files) {
		t.Errorf("%d files, want %d (%v)", n, len(files), err)
	}
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, f.Data) {
			t.Errorf("%s: %d bytes that differ from the %d packed (%v)", f.Path, len(got), len(f.Data), err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "config.json"))
	if err != nil || info.Mode().Perm()&0o700 != 0o600 {
		t.Errorf("config.json: mode %v (%v)", info.Mode(), err)
	}
}

// The digests hold for every machine: a compressor that packs otherwise shows here.
func TestArchivesAreTheSameAnywhere(t *testing.T) {
	for name, want := range map[string]string{
		"a.tar":     "4762bad319edf6e4f4894d4da49eda1d76720d2524c0b13bb54b897025ad1a0c",
		"a.tar.gz":  "923b61b37ab2ea70ec3967fefe6539d8b1d55ad5a4c55f24e199ebde63dc04ab",
		"a.tar.bz2": "1df67ac377f6608d175b859edad36dc77e669a700b0fc5124c439f0826fb508c",
		"a.zip":     "8e178990b12bf305ae2ebfe924b7baabe9ec07b9fcb268eb0703217309d387fd",
	} {
		if got := fmt.Sprintf("%x", sha256.Sum256(archive(t, name, uploads()))); got != want {
			t.Errorf("%s: sha256 %s, want %s", name, got, want)
		}
	}
}

// What the bzip2 writer makes is what the standard library reads.
func FuzzBzip2(f *testing.F) {
	for _, s := range []string{"", "a", strings.Repeat("a", 255), strings.Repeat("a", 260), strings.Repeat("ab", 5000), "\x00\xff\xfe", strings.Repeat("aaaab", 300)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var out bytes.Buffer
		w, err := bzip2.NewWriter(&out, &bzip2.WriterConfig{Level: bzip2.BestCompression})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(stdbzip2.NewReader(&out)); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%d bytes back of %d (%v)", len(got), len(data), err)
		}
	})
}

func TestArchiveOfUnknownEnding(t *testing.T) {
	for _, name := range []string{"", "app", "app.rar", "app.gz", "app.bz2", "zip", "app.zip.txt"} {
		if form, err := ArchiveOf(name); err == nil || len(diag.Hints(err)) == 0 {
			t.Errorf("%q: %q, %v; want an error with a hint", name, form, err)
		}
	}
}

// openUpload writes an app, with or without appimg.toml, and opens it.
func openUpload(t *testing.T, files map[string]string) *app.App {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			if err := os.Symlink(target, path); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, err := app.Open(t.Context(), dir, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestUploadFiles(t *testing.T) {
	converted := map[string]string{
		"appimg.toml": `name = "x"`, "app/config.json": "{}", "app/cluster.json.mustache": "{}", "app/notes.txt": "not packed",
		"app/locale/zh-cn.json": "{}", "app/locale/en.json": "{}", "app/locale/fr.json.bak": "x", "app/replace_policy.json": "{}",
	}
	want := []string{"config.json", "cluster.json.mustache", "replace_policy.json", "locale/en.json", "locale/zh-cn.json"}
	unconverted := map[string]string{}
	for name, text := range converted {
		if name != "appimg.toml" {
			unconverted["deploy/"+name] = text
		}
	}
	for name, files := range map[string]map[string]string{"project": converted, "unconverted": unconverted} {
		packed, err := UploadFiles(openUpload(t, files))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range packed {
			got = append(got, f.Path)
			if f.Mode != 0o644 || string(f.Data) != "{}" {
				t.Errorf("%s: %s: mode %v, %q", name, f.Path, f.Mode, f.Data)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestUploadFilesRefused(t *testing.T) {
	for _, c := range []struct {
		name, file, text, want string
	}{
		{"no config.json", "app/config.json", "", "it has no config.json"},
		{"no cluster.json.mustache", "app/cluster.json.mustache", "", "it has no cluster.json.mustache"},
		{"BOM", "app/locale/en.json", "\ufeff{}", "app/locale/en.json:1:1"},
		{"UTF-16", "app/replace_policy.json", "\xff\xfe{\x00}\x00", "app/replace_policy.json:1:1"},
		{"not UTF-8", "app/locale/en.json", "{\"a\":\n\"\xb0\xa1\"}", "app/locale/en.json:2:2"},
		{"link out", "app/locale/en.json", "-> /etc/hostname", "outside of the project"},
		{"dangling link", "app/replace_policy.json", "-> nowhere", "replace_policy.json"},
	} {
		files := map[string]string{"appimg.toml": "", "app/config.json": "{}", "app/cluster.json.mustache": "{}"}
		if files[c.file] = c.text; c.text == "" {
			delete(files, c.file)
		}
		_, err := UploadFiles(openUpload(t, files))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", c.name, err, c.want)
		}
	}
}

func TestUploadName(t *testing.T) {
	for _, c := range []struct{ name, version, want string }{
		{"zk", "1.2.0", "zk-1.2.0.tar.gz"},
		{"zk", "", "zk.tar.gz"},
		{"", "", ""},
		{"../zk", "1", ""},
		{"zk", "1/../../2", ""},
		{".zk", "", ""},
	} {
		got, err := UploadName(&app.App{Name: c.name, Version: c.version})
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%q %q: %q, %v; want %q", c.name, c.version, got, err, c.want)
		}
	}
}

// A zip tells no time before 1980, and tar warns of what is before 1970.
func TestStampFitsBothForms(t *testing.T) {
	if s := stamp(); s.Year() < 1980 || s.Location() != time.UTC {
		t.Errorf("stamp %v", s)
	}
}
