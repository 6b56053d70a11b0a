//go:build unix

package testneed

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Wine is a Windows 10 of Wine's for programs of windows/amd64: the folder of
// its drive C:, and the environment to run wine in. All tests share it, so a
// test keeps to a folder of its own below drive.
func Wine(t testing.TB) (drive string, env []string) {
	t.Helper()
	if runtime.GOARCH != "amd64" {
		Missing(t, "a processor for amd64", "Wine runs programs for amd64 here, and this is "+runtime.GOARCH)
	}
	wine := Tool(t, "wine")
	prefix := filepath.Join(os.TempDir(), "appimg-wine")
	env = append(os.Environ(), "WINEPREFIX="+prefix, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree=;mshtml=", "DISPLAY=")
	drive = filepath.Join(prefix, "drive_c")
	lock, err := os.OpenFile(prefix+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		defer lock.Close()
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		t.Fatal(err)
	}
	library := filepath.Join(drive, "windows", "system32", "bcryptprimitives.dll")
	if _, err := os.Stat(library); err == nil {
		return drive, env
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	for _, args := range [][]string{{"wineboot", "--init"}, {"reg", "add", `HKCU\Software\Wine`, "/v", "Version", "/d", "win10", "/f"}} {
		cmd := exec.CommandContext(ctx, wine, args...)
		cmd.Env = env // and no pipe: Wine's services would keep it open
		if err := cmd.Run(); err != nil {
			Missing(t, "wine", strings.Join(args, " ")+": "+err.Error())
		}
	}
	// Last, since it tells that the rest is there.
	if err := os.WriteFile(library, randomLibrary(), 0o644); err != nil {
		t.Fatal(err)
	}
	return drive, env
}

// randomLibrary is the bcryptprimitives.dll that Wine 8 has not, and without
// which no program of today's Go starts: no code, only the name ProcessPrng,
// which stands for another library's function with the same arguments.
func randomLibrary() []byte {
	const rva, at, size = 0x1000, 0x200, 0x200
	le := binary.LittleEndian
	data := make([]byte, at+size)
	copy(data, "MZ")
	le.PutUint32(data[0x3c:], 0x40)
	var head bytes.Buffer
	head.WriteString("PE\x00\x00")
	put := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&head, le, v)
		}
	}
	// The file: for amd64, one section, 240 bytes of optional header; a library.
	put(uint16(0x8664), uint16(1), uint32(0), uint32(0), uint32(0), uint16(240), uint16(0x2022))
	// The image: 64 bit, no code, no entry point, base and alignments.
	put(uint16(0x20b), uint16(0), uint32(0), uint32(size), uint32(0), uint32(0), uint32(rva))
	put(uint64(0x180000000), uint32(0x1000), uint32(0x200))
	put(uint16(6), uint16(0), uint16(0), uint16(0), uint16(6), uint16(0), uint32(0))
	put(uint32(0x2000), uint32(at), uint32(0), uint16(3), uint16(0x140))
	put(uint64(0x100000), uint64(0x1000), uint64(0x100000), uint64(0x1000), uint32(0), uint32(16))
	// The first directory of sixteen: what is exported.
	put(uint32(rva), uint32(size), [15 * 8]byte{})
	put([8]byte{'.', 'e', 'd', 'a', 't', 'a'}, uint32(size), uint32(rva), uint32(size), uint32(at), [12]byte{}, uint32(0x40000040))
	copy(data[0x40:], head.Bytes())
	// One name, and the text of a function elsewhere in the place of its address.
	section := data[at:]
	for i, v := range []uint32{0, 0, 0, rva + 0x60, 1, 1, 1, rva + 0x28, rva + 0x2c, rva + 0x30, rva + 0xa0, rva + 0x80, 0} {
		le.PutUint32(section[4*i:], v)
	}
	copy(section[0x60:], "bcryptprimitives.dll")
	copy(section[0x80:], "ProcessPrng")
	copy(section[0xa0:], "advapi32.SystemFunction036")
	return data
}
