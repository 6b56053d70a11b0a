package confd

import (
	"errors"
	"os"
	"syscall"
)

// Swap puts the staged file in place of dest, at once. A dest that is a mount
// of its own cannot be replaced (EBUSY): it is written in place then.
func (a *Applier) Swap(r *Resource, st *Staged) error {
	err := rename(st.Path, r.Dest)
	if errors.Is(err, syscall.EBUSY) {
		a.log().Debug("dest is a mount, writing in place", "dest", r.Dest)
		err = a.overwrite(r, st)
	}
	if err == nil {
		a.log().Info("updated", "dest", r.Dest)
	}
	return r.failing("replacing", err)
}

func (a *Applier) overwrite(r *Resource, st *Staged) error {
	if err := os.WriteFile(r.Dest, st.Content, st.Mode); err != nil {
		return err
	}
	uid, gid := r.owner()
	_ = os.Chown(r.Dest, uid, gid)
	_ = os.Chmod(r.Dest, st.Mode)
	return nil
}
