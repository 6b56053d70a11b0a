package confd_test

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
)

// A dest that is mounted cannot be renamed over: it is written in place.
func TestDestIsAMount(t *testing.T) {
	testneed.Root(t)
	s := newSite(t, "new content", "mode = '0640'\nuid = 12\ngid = 34\nreload_cmd = 'true'")
	mustDo(t, os.Mkdir(s.dir+"/out", 0o755))
	mustDo(t, os.WriteFile(s.dir+"/mounted", []byte("old"), 0o600))
	mustDo(t, os.WriteFile(s.dest, nil, 0o600))
	if err := syscall.Mount(s.dir+"/mounted", s.dest, "", syscall.MS_BIND, ""); err != nil {
		t.Skipf("needs the right to mount: %v", err)
	}
	defer syscall.Unmount(s.dest, 0)
	for i, want := range []bool{true, false} {
		if changed, err := s.apply(); err != nil || changed != want {
			t.Errorf("run %d: changed %v, %v", i, changed, err)
		}
	}
	fi, err := os.Stat(s.dir + "/mounted")
	mustDo(t, err)
	sys := fi.Sys().(*syscall.Stat_t)
	if got := fmt.Sprint(content(t, s.dir+"/mounted"), " ", fi.Mode(), sys.Uid, sys.Gid); got != "new content -rw-r----- 12 34" {
		t.Errorf("got %s", got)
	}
	s.want(t, "x.conf")
}
