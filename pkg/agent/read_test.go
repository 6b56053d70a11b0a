package agent_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io/fs"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/agent"
)

// peFor is the head of a program of Windows for a machine.
func peFor(machine uint16) []byte {
	h := make([]byte, 0x80)
	copy(h, "MZ")
	h[0x3c] = 0x40
	copy(h[0x40:], "PE\x00\x00")
	h[0x44], h[0x45] = byte(machine), byte(machine>>8)
	return h
}

// member is one of an archive: a file unless mode says otherwise.
type member struct {
	name, text string
	mode       fs.FileMode
}

func linuxMembers() []member {
	const top = "app-agent-linux-amd64/"
	return []member{{top + "bin/confd", string(elfFor(x86)), 0}, {top + "exec.sh", "#!/bin/sh", 0}, {top + "config/cmd.info.toml", "[template]", 0}, {top + "config/cmd.info.tmpl", "x", 0}}
}

func zipOf(t testing.TB, members []member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate}
		h.SetMode(m.mode | 0o644)
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = f.Write([]byte(m.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarOf(t testing.TB, members []member) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	w := tar.NewWriter(zw)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Mode: 0o644, Size: int64(len(m.text)), Typeflag: tar.TypeReg}
		if m.mode&fs.ModeSymlink != 0 {
			h.Typeflag, h.Linkname, h.Size, m.text = tar.TypeSymlink, m.text, 0, ""
		}
		if strings.HasSuffix(m.name, "/") {
			h.Typeflag = tar.TypeDir
		}
		err := w.WriteHeader(h)
		if err == nil {
			_, err = w.Write([]byte(m.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadArchiveOfMembers(t *testing.T) {
	big := strings.Repeat("\x00", 65<<20)
	for _, c := range []struct {
		name, want string // what the error says; "" is none
		members    []member
	}{
		{"as it is", "", nil},
		{"a folder and another file", "", []member{{"app-agent-linux-amd64/more/", "", 0}, {"app-agent-linux-amd64/README", "x", 0}}},
		{"a link that leaves", "", []member{{"app-agent-linux-amd64/bin/more", "../../../etc/passwd", fs.ModeSymlink}}},
		{"out", "leaves its folder", []member{{"app-agent-linux-amd64/../../etc/passwd", "x", 0}}},
		{"absolute", "leaves its folder", []member{{"/etc/passwd", "x", 0}}},
		{"a drive", "leaves its folder", []member{{"C:/Windows/x", "x", 0}}},
		{"a drive with backslashes", "leaves its folder", []member{{`C:\Windows\x`, "x", 0}}},
		{"out with backslashes", "leaves its folder", []member{{`..\x`, "x", 0}}},
		{"another server", "leaves its folder", []member{{`\\server\share\x`, "x", 0}}},
		{"twice", "is in it twice", []member{{"app-agent-linux-amd64/exec.sh", "other", 0}}},
	} {
		for kind, pack := range map[string]func(testing.TB, []member) []byte{"zip": zipOf, "tar.gz": tarOf} {
			b, err := agent.ReadArchive(bytes.NewReader(pack(t, append(linuxMembers(), c.members...))), "x", "amd64")
			switch {
			case c.want == "" && err != nil:
				t.Errorf("%s, %s: %v", c.name, kind, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%s, %s: %v", c.name, kind, err)
			case c.want == "" && !bytes.Equal(b.Confd(), elfFor(x86)):
				t.Errorf("%s, %s: %q", c.name, kind, b.Confd())
			}
		}
	}
	for kind, data := range map[string][]byte{
		"a link in place of the script": zipOf(t, append(linuxMembers()[2:], member{"a/bin/confd", string(elfFor(x86)), 0}, member{"a/exec.sh", "/bin/sh", fs.ModeSymlink})),
		"a script that is too large":    zipOf(t, append(linuxMembers()[2:], member{"a/bin/confd", string(elfFor(x86)), 0}, member{"a/exec.sh", big, 0})),
		"a cut zip":                     zipOf(t, linuxMembers())[:200],
		"too many members":              bytes.Repeat([]byte("PK\x01\x02"), 20000),
	} {
		if _, err := agent.ReadArchive(bytes.NewReader(data), "x", "amd64"); err == nil {
			t.Errorf("%s was accepted", kind)
		}
	}
}

func TestWindowsBundle(t *testing.T) {
	b := agent.New("builtin", agent.WindowsArch, peFor(0x14c))
	packed := archive(t, b)
	if !bytes.Equal(packed, archive(t, b)) {
		t.Error("the same bundle gave other bytes")
	}
	back, err := agent.ReadArchive(bytes.NewReader(packed), "builtin", agent.WindowsArch)
	if err != nil || back.ID() != b.ID() {
		t.Errorf("%s became %s: %v", b.ID(), back.ID(), err)
	}
	if !bytes.Equal(archive(t, back), packed) {
		t.Error("what was read is written otherwise")
	}
	if b.ArchiveName() != "app-agent-windows-386.zip" || b.Name() != "app-agent-windows-386" {
		t.Error(b.ArchiveName())
	}
	// Made on Windows, by a program with separators of its own, elsewhere in the folder.
	top := `app-agent-windows-386\`
	foreign := []member{{top + `confd.exe`, string(peFor(0x8664)), 0}, {top + `x\EXEC.BAT`, "@rem", 0}, {top + `nssm.exe`, "MZ", 0}, {top + `cmd.info.toml`, "t", 0}, {top + `cmd.info.tmpl`, "x", 0}}
	if b, err := agent.ReadArchive(bytes.NewReader(zipOf(t, foreign)), "x", agent.WindowsArch); err != nil || !b.Windows() {
		t.Error(err)
	}
	foreign[0].text = string(elfFor(x86))
	if _, err := agent.ReadArchive(bytes.NewReader(zipOf(t, foreign)), "x", agent.WindowsArch); err == nil || !strings.Contains(err.Error(), "no program for Windows") {
		t.Error(err)
	}
}

// Whatever an archive holds, reading it ends, and what was read can be written.
func FuzzReadArchive(f *testing.F) {
	f.Add(zipOf(f, linuxMembers()))
	f.Add(tarOf(f, linuxMembers()))
	f.Add(zipOf(f, []member{{`..\x`, "x", 0}, {"C:/x", "", fs.ModeSymlink}}))
	var windows bytes.Buffer
	if err := agent.New("x", agent.WindowsArch, peFor(0x14c)).WriteArchive(&windows); err != nil {
		f.Fatal(err)
	}
	f.Add(windows.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, arch := range []string{"amd64", agent.WindowsArch} {
			b, err := agent.ReadArchive(bytes.NewReader(data), "x", arch)
			if err != nil {
				continue
			}
			var again bytes.Buffer
			if err := b.WriteArchive(&again); err != nil {
				t.Fatal(err)
			}
			if back, err := agent.ReadArchive(&again, "x", arch); err != nil || back.ID() != b.ID() {
				t.Errorf("%s became %s: %v", b.ID(), back.ID(), err)
			}
		}
	})
}
