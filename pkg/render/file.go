package render

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/appimg/appimg/pkg/confd"
)

// File is what one pair becomes on one node: Content, or Err.
type File struct {
	Node      string // instance_id; "" where unknown
	Role      string
	Resource  string // the toml's path
	Dest      string // the file on the node
	Mode      string // effective, e.g. "0644"
	UID, GID  *int   // nil where the pair names none
	CheckCmd  string
	ReloadCmd string
	Content   []byte
	Err       error // why there is no content
}

// file0 is p on n, without content.
func (p *pair) file0(n Node) File {
	f := File{Node: n.ID, Role: n.Role, Resource: filepath.ToSlash(p.file)}
	r := p.resource
	if r == nil {
		return f
	}
	f.Dest, f.Mode, f.CheckCmd, f.ReloadCmd = r.Dest, effectiveMode(r), r.CheckCmd, r.ReloadCmd
	f.UID, f.GID = idOrNil(r.UID), idOrNil(r.GID)
	return f
}

// effectiveMode is the permission that the file gets. confd parses mode with
// base 0 ("644" is decimal!) and loses setuid and sticky bits.
func effectiveMode(r *confd.Resource) string {
	if r.Mode == "" {
		return "0644"
	}
	m, err := strconv.ParseUint(r.Mode, 0, 32)
	if err != nil {
		return r.Mode
	}
	return fmt.Sprintf("%04o", m&0o777)
}

func idOrNil(id int) *int {
	if id < 0 {
		return nil
	}
	return &id
}

// MarshalJSON writes the object that `appimg render --format json` shows.
func (f File) MarshalJSON() ([]byte, error) {
	v := struct {
		Node      string  `json:"node"`
		Role      string  `json:"role"`
		Resource  string  `json:"resource"`
		Dest      string  `json:"dest"`
		Mode      string  `json:"mode"`
		UID       *int    `json:"uid"`
		GID       *int    `json:"gid"`
		CheckCmd  string  `json:"check_cmd"`
		ReloadCmd string  `json:"reload_cmd"`
		Content   *string `json:"content,omitempty"`
		Error     string  `json:"error,omitempty"`
	}{f.Node, f.Role, f.Resource, f.Dest, f.Mode, f.UID, f.GID, f.CheckCmd, f.ReloadCmd, nil, ""}
	if f.Err != nil {
		v.Error = f.Err.Error()
	} else {
		s := string(f.Content)
		v.Content = &s
	}
	return json.Marshal(v)
}
