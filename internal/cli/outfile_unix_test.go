//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe is written to, and stays.
func TestReplaceFileThatIsAPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := free(pipe, false); err != nil {
		t.Error(err)
	}
	if err := replaceFile(pipe, 0o644, bytesTo([]byte("text"))); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 10)
	if n, err := reader.Read(buffer); err != nil || string(buffer[:n]) != "text" {
		t.Errorf("%q, %v", buffer[:n], err)
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode().Type() != os.ModeNamedPipe {
		t.Errorf("%v, %v", info, err)
	}
}
