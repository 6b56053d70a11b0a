package hostkeys

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Record adds the host's key to file, with the name hashed on wish. The folder
// is made where it is missing. The file is replaced in one step, so that a
// reader never sees half a line; a file that is a link stays one. Records of
// several processes do not get lost: a lock beside the file puts them in order.
func Record(file, name string, key ssh.PublicKey, hashed bool) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("recording the host key of %q in %q: %w", name, file, err)
		}
	}()
	if resolved, err := filepath.EvalSymlinks(file); err == nil {
		file = resolved
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	unlock, err := lock(file + ".appimg-lock")
	if err != nil {
		return err
	}
	defer unlock()
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if hashed {
		name = knownhosts.HashHostname(name)
	}
	if len(old) > 0 && !bytes.HasSuffix(old, []byte("\n")) {
		old = append(old, '\n')
	}
	return replace(file, append(old, name+" "+string(ssh.MarshalAuthorizedKey(plain(key)))...))
}

// replace swaps the file's content in one step and keeps its mode.
func replace(file string, data []byte) error {
	mode := fs.FileMode(0o600)
	if st, err := os.Stat(file); err == nil {
		mode = st.Mode().Perm()
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".known_hosts-")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}
