package persist

import (
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// readCompose judges the node's side of the folders that containers see. All
// other paths in the file are those of containers.
func (j *project) readCompose(d *doc.Doc, r *doc.Role) {
	file := reader.ParseYAML(d.Text)
	if services := file.Get("services"); services != nil {
		for _, s := range services.Children {
			j.service(d, r, s)
		}
	}
	if volumes := file.Get("volumes"); volumes != nil {
		for _, v := range volumes.Children {
			j.namedVolume(d, r, v)
		}
	}
}

func (j *project) service(d *doc.Doc, r *doc.Role, s *reader.Node) {
	if files := s.Get("env_file"); files != nil {
		for _, f := range append(files.Children, files) {
			j.bindFile(d, r, f.Value)
		}
	}
	volumes := s.Get("volumes")
	j.unbound(d, r, s)
	if volumes == nil {
		return
	}
	for _, v := range volumes.Children {
		if v.Get("type").Text() == "tmpfs" {
			continue
		}
		host, inside, mode := v.Get("source").Text(), v.Get("target").Text(), ""
		offset := v.Offset
		if n := v.Get("source"); n != nil {
			offset = n.Offset
		}
		if v.Value != "" {
			parts := strings.SplitN(strings.ReplaceAll(v.Value, `\$`, "$"), ":", 3)
			host = parts[0]
			if len(parts) > 1 {
				inside = parts[1]
			}
			if len(parts) > 2 {
				mode = parts[2]
			}
		}
		j.bind(d, r, expand(host, r), expand(inside, r), mode, commandOf(s), offset)
	}
}

// commandOf is the image of a service and its command, their words in a row.
func commandOf(s *reader.Node) string {
	command := s.Get("command")
	words := s.Get("image").Text() + " " + command.Text()
	for _, c := range command.Items() {
		words += " " + c.Value
	}
	return words
}

// bind is one folder of the node that a container sees. A name without a slash
// is a volume of docker's.
func (j *project) bind(d *doc.Doc, r *doc.Role, host, inside, mode, command string, offset int) {
	switch {
	case inside == "": // an anonymous one, by its place alone
		if strings.HasPrefix(host, "/") {
			j.seenBy(d, r).Container(host, "")
			j.ofDocker(d, r, "", host, offset)
		}
		return
	case !strings.ContainsAny(host, "/"):
		j.seenBy(d, r).Container(inside, "")
		j.ofDocker(d, r, host, inside, offset)
		return
	case strings.HasPrefix(host, "."):
		j.bindFile(d, r, host)
		if j.table.Inside(inside) == known.None || !strings.HasPrefix(d.Node, "/") {
			j.seenBy(d, r).Container(inside, "")
			return
		}
		host = path.Join(path.Dir(d.Node), host)
	}
	j.seenBy(d, r).Container(inside, host)
	j.inside = append(j.inside, source{host, r.Itself()})
	j.noteSite(site{doc: d, role: r.Itself(), path: host, offset: offset, over: j.over})
	if strings.Contains(mode, "ro") {
		return
	}
	if kind, sure := j.boundFor(host, inside, command); kind != known.Unknown {
		j.put(site{doc: d, role: r, path: host, kind: kind, sure: sure, why: "a container keeps " + inside + " there", offset: offset})
	}
}

// bindFile notes a file or folder beside the compose file that containers see.
func (j *project) bindFile(d *doc.Doc, r *doc.Role, name string) {
	if name == "" || len(j.inside) > 1000 {
		return
	}
	if !strings.HasPrefix(name, "/") {
		name = path.Join(path.Dir(d.Node), name)
	}
	j.inside = append(j.inside, source{disk.Clean(name), r.Itself()})
}

// namedVolume judges a volume of docker's that is a folder of the node.
func (j *project) namedVolume(d *doc.Doc, r *doc.Role, v *reader.Node) {
	options := v.Get("driver_opts")
	device := options.Get("device")
	if options != nil || v.Get("external") != nil || v.Get("name") != nil || v.Get("driver") != nil && v.Get("driver").Value != "local" {
		j.elsewhere[d.File+"\x00"+v.Key] = true
	}
	if device == nil || strings.HasPrefix(device.Value, ":") || strings.Contains(options.Get("type").Text(), "nfs") {
		return
	}
	kind := j.table.Path(device.Value)
	if kind == known.Unknown {
		kind = known.Data
	}
	j.put(site{doc: d, role: r, path: device.Value, kind: kind, sure: validate.Guess, why: "a volume of docker's is bound to it", offset: device.Offset})
}
