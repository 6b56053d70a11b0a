package kvm_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

func TestParseTarget(t *testing.T) {
	for in, want := range map[string]kvm.Target{
		"web":                       {Host: "web"},
		"root@192.168.0.10":         {Host: "192.168.0.10", User: "root"},
		"a@b@c:2222":                {Host: "c", User: "a@b", Port: 2222},
		"::1":                       {Host: "::1"},
		"root@[fe80::1%eth0]:22":    {Host: "fe80::1%eth0", User: "root", Port: 22},
		"[::1]":                     {Host: "::1"},
		"ssh://ro%40ot@example:7/":  {Host: "example", User: "ro@ot", Port: 7},
		"ssh://[2001:db8::1]:65535": {Host: "2001:db8::1", Port: 65535},
	} {
		got, err := kvm.ParseTarget(in)
		if err != nil || got != want {
			t.Errorf("ParseTarget(%q) = %+v, %v; want %+v", in, got, err, want)
		}
		if again, err := kvm.ParseTarget(got.String()); err != nil || again != got {
			t.Errorf("ParseTarget(%q) = %+v, %v; want %+v", got.String(), again, err, got)
		}
	}
	for _, in := range []string{"", "@", "root@", "@host", "host:", "host:0", "host:65536", "host:ssh", "[::1", "[::1]22", "a b", "-oProxyCommand=x", "root@-x", "ssh://%zz@h", "a/b"} {
		if got, err := kvm.ParseTarget(in); err == nil {
			t.Errorf("ParseTarget(%q) = %+v, want an error", in, got)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"root@h:22", "[::1]:22", "ssh://a%40b@c", "a@b@c", "::1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := kvm.ParseTarget(s)
		if err != nil {
			return
		}
		if got.Host == "" || strings.HasPrefix(got.Host, "-") {
			t.Errorf("ParseTarget(%q) has the host %q", s, got.Host)
		}
	})
}

func TestQuote(t *testing.T) {
	for _, word := range []string{"", "plain", "a b", "it's", "$HOME `id` \\ \"x\"", "new\nline", "~", "*", "-n", "日本", "a=b", "!x", "'"} {
		out, err := exec.Command("sh", "-c", "printf %s "+kvm.Quote(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("sh read %q as %q, %v", kvm.Quote(word), out, err)
		}
	}
}

// shells is the local machine seen through every shell there is here.
func shells(t *testing.T) map[string]*kvmtest.Local {
	all := map[string]*kvmtest.Local{"sh": {}}
	if _, err := exec.LookPath("bash"); err == nil {
		all["bash"] = &kvmtest.Local{Shell: []string{"bash"}}
	}
	all["busybox"] = &kvmtest.Local{Shell: []string{testneed.Tool(t, "busybox"), "sh"}}
	return all
}

func TestInspectAndReadFile(t *testing.T) {
	dir := t.TempDir()
	odd := filepath.Join(dir, "a b'c\"$x")
	if err := errors.Join(os.WriteFile(odd, []byte("hello"), 0o640), os.Chmod(odd, 0o751|fs.ModeSetuid), os.Symlink("to the/moon", filepath.Join(dir, "link"))); err != nil {
		t.Fatal(err)
	}
	for name, h := range shells(t) {
		t.Run(name, func(t *testing.T) {
			states, err := kvm.Inspect(t.Context(), h, odd, filepath.Join(dir, "link"), dir, filepath.Join(dir, "none"))
			if err != nil {
				t.Fatal(err)
			}
			if s := states[0]; s.Mode != 0o751|fs.ModeSetuid || s.Size != 5 || s.SHA256 != kvm.SumOf([]byte("hello")) || s.UID != os.Getuid() {
				t.Errorf("file: %+v", s)
			}
			if s := states[1]; s.Mode.Type() != fs.ModeSymlink || s.Link != "to the/moon" {
				t.Errorf("link: %+v", s)
			}
			if s := states[2]; !s.Mode.IsDir() || !s.Exists {
				t.Errorf("folder: %+v", s)
			}
			if states[3].Exists {
				t.Errorf("none: %+v", states[3])
			}
			if data, err := kvm.ReadFile(t.Context(), h, odd); err != nil || string(data) != "hello" {
				t.Errorf("ReadFile = %q, %v", data, err)
			}
			if _, err := kvm.ReadFile(t.Context(), h, filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a missing file gives %v", err)
			}
			if _, err := kvm.ReadFile(t.Context(), h, dir); kvm.ExitStatus(err) < 1 {
				t.Errorf("a folder gives %v", err)
			}
		})
	}
}

func TestJoin(t *testing.T) {
	c := kvm.Join([]byte("ab"), nil, []byte("cde"), []byte("f"))
	if c.SHA256 != kvm.SumOf([]byte("abcdef")) || c.Size != 6 {
		t.Errorf("%+v", c)
	}
	for offset := range int64(7) {
		got, err := io.ReadAll(iotest.OneByteReader(c.From(offset)))
		if err != nil || string(got) != "abcdef"[offset:] {
			t.Errorf("from %d: %q, %v", offset, got, err)
		}
		got, err = io.ReadAll(c.From(offset))
		if err != nil || string(got) != "abcdef"[offset:] {
			t.Errorf("from %d at once: %q, %v", offset, got, err)
		}
	}
}

func TestErrorsNameWhyAndWhere(t *testing.T) {
	h := &kvmtest.Local{}
	_, err := h.Run(context.Background(), kvm.Cmd{Script: "echo first >&2; echo the reason >&2; exit 7"})
	if kvm.ExitStatus(err) != 7 || err.Error() != "exit status 7: the reason" {
		t.Errorf("got %v", err)
	}
	_, err = kvm.ReadFile(t.Context(), h, "/none")
	if err == nil || err.Error() != `local: reading "/none": file does not exist` {
		t.Errorf("got %v", err)
	}
	if got := (kvm.Cmd{Script: "secret", Secret: true}).Name(); strings.Contains(got, "secret") {
		t.Errorf("a secret script is named %q", got)
	}
}
