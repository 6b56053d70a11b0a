package vfs_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/app/vfs"
)

// world is a folder with links, as it is on disk and as it is in memory.
func world(t *testing.T) (dir string, memory fstest.MapFS) {
	t.Helper()
	dir, memory = t.TempDir(), fstest.MapFS{}
	for name, text := range map[string]string{"p/a.txt": "a", "p/sub/deep/b.txt": "bb", "p/run.sh": "#!/bin/sh\n", "out/secret": "s"} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		mode := fs.FileMode(0o644)
		if strings.HasSuffix(name, ".sh") {
			mode = 0o755
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), mode)); err != nil {
			t.Fatal(err)
		}
		memory[name] = &fstest.MapFile{Data: []byte(text), Mode: mode}
	}
	for name, target := range map[string]string{
		"p/link": "sub/deep", "p/to-file": "link/b.txt", "p/up": "../out/secret", "p/back": "../p/a.txt",
		"p/loop": "loop", "p/self": ".", "p/gone": "nothing", "again": "p", "p/root": "/",
	} {
		if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
		memory[name] = &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink | 0o777}
	}
	return dir, memory
}

// both runs a test on the disk and in memory, where paths are the same.
func both(t *testing.T, test func(t *testing.T, tree *vfs.Tree)) {
	t.Helper()
	dir, memory := world(t)
	t.Run("disk", func(t *testing.T) {
		t.Chdir(dir)
		test(t, vfs.Disk("."))
	})
	t.Run("memory", func(t *testing.T) { test(t, vfs.Of(memory)) })
	t.Run("overlay", func(t *testing.T) {
		t.Chdir(dir)
		test(t, vfs.Disk(".").Under(map[string][]byte{"p/a.txt": []byte("a"), "p/sub/deep/b.txt": []byte("bb")}))
	})
}

func TestWalkAndRead(t *testing.T) {
	both(t, func(t *testing.T, tree *vfs.Tree) {
		walk := func(root string) (seen []string) {
			err := tree.Walk(root, func(path string, d fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				seen = append(seen, filepath.ToSlash(path)+d.Type().String()[:1])
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return seen
		}
		want := []string{"pd", "p/a.txt-", "p/backL", "p/goneL", "p/linkL", "p/loopL", "p/rootL", "p/run.sh-", "p/selfL", "p/subd", "p/sub/deepd", "p/sub/deep/b.txt-", "p/to-fileL", "p/upL"}
		if got := walk("p"); !slices.Equal(got, want) {
			t.Errorf("below p:\n%q\nwant\n%q", got, want)
		}
		if got := walk("./p/"); !slices.Equal(got, want) {
			t.Errorf("below ./p/: %q", got)
		}
		if got := walk("again"); len(got) != len(want) || got[1] != "again/a.txt-" {
			t.Errorf("below a link: %q", got)
		}
		if got := walk("."); len(got) != len(want)+4 || got[0] != ".d" || got[1] != "againL" {
			t.Errorf("below .: %q", got)
		}
		data, err := tree.ReadFile("p/to-file", 2)
		if err != nil || string(data) != "bb" {
			t.Errorf("read %q, %v", data, err)
		}
		for file, why := range map[string]string{"p/to-file": "it has 0 MiB: more than the 0", "p/sub": "it is a folder"} {
			if _, err := tree.ReadFile(file, 1); err == nil || !strings.Contains(err.Error(), why) {
				t.Errorf("reading %s: %v", file, err)
			}
		}
		if target, err := tree.ReadLink("p/to-file"); err != nil || target != "link/b.txt" {
			t.Errorf("link to %q, %v", target, err)
		}
		info, err := tree.Stat("p/run.sh")
		if err != nil || info.Mode() != 0o755 || !tree.IsDir("p/link") || tree.Exists("p/gone") || tree.IsDir("p/a.txt") {
			t.Errorf("%v, %v", info, err)
		}
	})
}

func TestRoomHasNoWayOut(t *testing.T) {
	both(t, func(t *testing.T, tree *vfs.Tree) {
		for _, root := range []string{"p", "again"} {
			room := tree.Room(root)
			for file, want := range map[string]string{"to-file": "p/sub/deep/b.txt", "back": "p/a.txt", "self/self/link": "p/sub/deep", "": "p"} {
				if got, err := room.Inside(root + "/" + file); err != nil || filepath.ToSlash(got) != want {
					t.Errorf("%s/%s is %q, %v", root, file, got, err)
				}
			}
			for _, file := range []string{"/up", "/root", "/root/etc", "/../out/secret", "/self/../.."} {
				var leaves *vfs.Leaves
				if got, err := room.Inside(root + file); !errors.As(err, &leaves) && !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s%s is %q, %v", root, file, got, err)
				}
			}
			if _, err := room.Inside(root + "/gone"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a link to nothing: %v", err)
			}
			if _, err := room.Inside(root + "/loop"); err == nil || !strings.Contains(err.Error(), "too many levels") {
				t.Errorf("a loop: %v", err)
			}
		}
		if got, err := tree.Anywhere().Inside("p/up"); err != nil || filepath.ToSlash(got) != "out/secret" {
			t.Errorf("anywhere: %q, %v", got, err)
		}
	})
}

// A link with an absolute path is one into the room where that lies in it.
func TestAbsoluteLinks(t *testing.T) {
	dir, _ := world(t)
	t.Chdir(dir)
	if err := os.Symlink(filepath.Join(dir, "p", "a.txt"), "p/absolute"); err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{"p", "../" + filepath.Base(dir) + "/p", filepath.Join(dir, "p")} {
		room := vfs.Disk(root).Room(root)
		if got, err := room.Inside(filepath.Join(root, "absolute")); err != nil || got != "p/a.txt" {
			t.Errorf("in %s: %q, %v", root, got, err)
		}
	}
	if got, err := vfs.Disk("p").Room("p").Inside("p/root"); err == nil || !strings.Contains(err.Error(), `it is a link to "/", outside`) {
		t.Errorf("%q, %v", got, err)
	}
}

// What lies above is there by every way that leads to it, and keeps what the file
// below may do.
func TestUnder(t *testing.T) {
	dir, _ := world(t)
	t.Chdir(dir)
	tree := vfs.Disk(".").Under(map[string][]byte{
		"p/to-file": []byte("by its link"), filepath.Join(dir, "p", "run.sh"): []byte("new"),
		"p/made/up/c.txt": []byte("c"), "p/gone": []byte("there now"), "p/loop": []byte("x"),
	})
	for file, want := range map[string]string{"p/sub/deep/b.txt": "by its link", "p/run.sh": "new", "p/made/up/c.txt": "c", "p/nothing": "there now", "p/a.txt": "a"} {
		if data, err := tree.ReadFile(file, 100); err != nil || string(data) != want {
			t.Errorf("%s is %q, %v", file, data, err)
		}
	}
	for file, want := range map[string]string{"p/link/b.txt": "p/sub/deep/b.txt", "p/gone": "p/nothing"} {
		if got, err := tree.Room("p").Inside(file); err != nil || got != want {
			t.Errorf("%s is %q, %v", file, got, err)
		}
	}
	if info, err := tree.Stat("p/run.sh"); err != nil || info.Mode() != 0o755 || info.Size() != 3 {
		t.Errorf("%v, %v", info, err)
	}
	if !tree.IsDir("p/made/up") || tree.Exists("p/made/down") {
		t.Error("the folders of a file in memory are not there")
	}
	if data, err := os.ReadFile("p/run.sh"); err != nil || string(data) != "#!/bin/sh\n" {
		t.Errorf("the disk has %q, %v", data, err)
	}
}

func TestFileSystemsAreFileSystems(t *testing.T) {
	dir, _ := world(t)
	for _, link := range []string{"loop", "gone", "root", "up", "self"} { // TestFS follows links
		if err := os.Remove(filepath.Join(dir, "p", link)); err != nil {
			t.Fatal(err)
		}
	}
	plain := vfs.Disk(dir)
	for name, tree := range map[string]*vfs.Tree{"disk": plain, "overlay": plain.Under(map[string][]byte{filepath.Join(dir, "p/new/c.txt"): []byte("c"), filepath.Join(dir, "p/a.txt"): []byte("new")})} {
		sub, err := fs.Sub(vfs.FS(tree), vfs.Name(tree, dir))
		if err != nil {
			t.Fatal(err)
		}
		expected := []string{"p/a.txt", "p/sub/deep/b.txt", "p/link"}
		if name == "overlay" {
			expected = append(expected, "p/new/c.txt")
		}
		if err := fstest.TestFS(sub, expected...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTopAndBase(t *testing.T) {
	dir, memory := world(t)
	t.Chdir(filepath.Join(dir, "p", "sub"))
	disk, of := vfs.Disk("."), vfs.Of(memory)
	if disk.Base(".") != "sub" || disk.Base("..") != "p" || disk.Base(string(filepath.Separator)) != "" || of.Base("p/sub") != "sub" || of.Base(".") != "" {
		t.Errorf("bases %q %q %q", disk.Base("."), disk.Base(".."), of.Base("."))
	}
	if disk.Top("..") || !disk.Top(string(filepath.Separator)) || of.Top("p") || !of.Top(".") || !of.Top("..") {
		t.Error("the top is elsewhere")
	}
}

// Names of files may be in any encoding.
func TestNamesInOtherEncodings(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "\xd6\xd0\xce\xc4", "\xc5\xe4\xd6\xc3.conf")
	if err := errors.Join(os.Mkdir(filepath.Dir(file), 0o755), os.WriteFile(file, []byte("x"), 0o644)); err != nil {
		testneed.Missing(t, "a file system that takes any name", err.Error())
	}
	seen := 0
	err := vfs.Disk(dir).Walk(dir, func(path string, d fs.DirEntry, err error) error {
		if path == file {
			seen++
		}
		return err
	})
	if data, readErr := vfs.Disk(dir).ReadFile(file, 1); err != nil || readErr != nil || seen != 1 || string(data) != "x" {
		t.Errorf("seen %d times, %q, %v, %v", seen, data, err, readErr)
	}
}

func TestPathsThatAreNone(t *testing.T) {
	_, memory := world(t)
	tree := vfs.Of(memory).Under(map[string][]byte{"../x": []byte("y")})
	for _, path := range []string{"..", "/p", "../p/a.txt"} {
		if _, err := tree.ReadFile(path, 10); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%s: %v", path, err)
		}
		if _, err := tree.ReadDir(path); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%s: %v", path, err)
		}
		if err := tree.Walk(path, func(_ string, _ fs.DirEntry, err error) error { return err }); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
