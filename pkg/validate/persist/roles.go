package persist

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/validate"
)

// rolesOf are the roles of an app. Of a cluster.json.mustache that cannot be
// evaluated it is what stands there in words: names, mount points, commands.
func rolesOf(p *validate.Package) []*app.Role {
	if p.Spec != nil {
		return p.Roles()
	}
	doc, faults := p.App.Cluster()
	nodes := doc.Get("nodes")
	if nodes == nil || slices.ContainsFunc(faults, cutsOff) {
		return nil
	}
	list := nodes.Items
	if nodes.Kind == jsondoc.Object {
		list = []*jsondoc.Value{nodes}
	}
	var out []*app.Role
	for _, n := range list {
		out = append(out, plainRole(n))
	}
	return out
}

// cutsOff reports whether what stands behind a fault was not read: a volume may
// be among it.
func cutsOff(f jsondoc.Fault) bool { return f.Kind == jsondoc.Syntax || f.Kind == jsondoc.TooDeep }

func plainRole(n *jsondoc.Value) *app.Role {
	r := &app.Role{
		Name: n.Get("role").Str(), UserAccess: n.Get("user_access").Bool(),
		Container: app.Container{Image: n.Get("container", "image").Str()}, Services: map[string]*app.Service{}, Doc: n,
	}
	if v := n.Get("volume"); v != nil {
		r.Volume = &app.Volume{Mounts: mountPoints(v.Get("mount_point"))}
	}
	if services := n.Get("services"); services != nil {
		for _, m := range services.Members {
			if cmd := m.Value.Get("cmd"); cmd != nil {
				r.Services[m.Key] = &app.Service{Name: m.Key, Cmd: mustache(cmd.Str()), CmdPos: cmd.Pos}
			}
		}
	}
	return r
}

// mountPoints are the mount points of a volume; /data where none is named.
func mountPoints(v *jsondoc.Value) []string {
	if v == nil {
		return []string{"/data"}
	}
	if v.Kind != jsondoc.Array {
		return []string{v.Str()}
	}
	var out []string
	for _, item := range v.Items {
		out = append(out, item.Str())
	}
	return out
}

// mustache makes variables of what config.json gives, of the same length.
func mustache(text string) string {
	return expression.ReplaceAllStringFunc(text, func(e string) string { return "$" + strings.Repeat("_", len(e)-1) })
}
