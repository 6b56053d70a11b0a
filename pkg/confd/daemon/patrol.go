package daemon

import (
	"os"
	"path/filepath"
	"time"
)

// patrolEvery is how often the destinations are looked at. A file must be gone
// twice in a row: editors replace files by way of nothing.
const patrolEvery = 2 * time.Second

// patrol knows how a destination was left, and whether it is still so.
type patrol struct {
	stamp stamp
	gone  int // times in a row that it was not there
	wait  backoff
	after time.Time // not to be put back before
}

// left notes the state of dest after a run that succeeded. restored tells
// that the run was for nothing but its loss.
func (p *patrol) left(dest string, restored bool) {
	p.stamp, p.gone = stampOf(dest), 0
	if !restored {
		p.wait = backoff{first: patrolEvery, most: 10 * time.Minute}
	}
}

// touched tells whether dest is another file than it was left, or none.
func (p *patrol) touched(dest string) bool { return stampOf(dest) != p.stamp }

// lost tells whether dest was deleted, and it is time to put it back: the
// next time not so soon. A folder that went with it is somebody's intention, or a volume that is not
// mounted now.
func (p *patrol) lost(dest string) bool {
	if !p.stamp.exists || stampOf(dest).exists || !stampOf(filepath.Dir(dest)).exists {
		p.gone = 0
		return false
	}
	p.gone++
	if p.gone < 2 || time.Now().Before(p.after) {
		return false
	}
	p.after = time.Now().Add(p.wait.next())
	return true
}

// stamp tells one state of a file from another without reading it.
type stamp struct {
	exists        bool
	size, mod, id int64
	status        int64 // when owner or mode changed last, where the system says so
	mode          os.FileMode
}

// stampOf is the zero stamp where there is no such file.
func stampOf(file string) stamp {
	fi, err := os.Lstat(file)
	if err != nil {
		return stamp{}
	}
	id, status := identity(fi)
	return stamp{exists: true, size: fi.Size(), mod: fi.ModTime().UnixNano(), mode: fi.Mode(), id: id, status: status}
}
