package windows

import (
	"fmt"
	"path"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/kvm"
)

// want is what a path of the machine is to be. Modes and owners are nothing
// here: what is made takes those of the folder above.
type want struct {
	path string // as SFTP has it
	dir  bool
	data []byte
	keep bool // what is there stays, whatever it has
}

// wantsOf are the files as the machine is to have them, and the folders above.
func wantsOf(files []agent.File) []want {
	home := sftpPath(agent.WindowsHome)
	var out []want
	made := map[string]bool{"/C:": true}
	var folder func(string)
	folder = func(p string) {
		if !made[p] {
			folder(path.Dir(p))
			made[p] = true
			out = append(out, want{path: p, dir: true})
		}
	}
	for _, f := range files {
		p := path.Join(home, f.Path)
		folder(path.Dir(p))
		out = append(out, want{path: p, data: f.Data, keep: f.Data == nil})
	}
	return out
}

// actions are what makes wants of found: folders before what is in them.
func actions(wants []want, found map[string]state) ([]kvm.Action, error) {
	var out []kvm.Action
	for _, w := range wants {
		s := found[w.path]
		a := kvm.Action{Do: "write", Path: windowsPath(w.path), SHA256: kvm.SumOf(w.data), Size: int64(len(w.data)), Was: s.String()}
		switch {
		case s.exists && s.dir != w.dir:
			return nil, fmt.Errorf("%q is a %s on the machine, and a %s is to be there", a.Path, kind(s.dir), kind(w.dir))
		case s.exists && (w.dir || w.keep || s.sha256 == a.SHA256):
			continue
		case w.dir:
			a = kvm.Action{Do: "mkdir", Path: a.Path}
		}
		out = append(out, a)
	}
	return out, nil
}

func kind(dir bool) string {
	if dir {
		return "folder"
	}
	return "file"
}

func pathsOf(wants []want) []string {
	out := make([]string, len(wants))
	for i, w := range wants {
		out[i] = w.path
	}
	return out
}
