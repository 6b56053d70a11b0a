package scaffold

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
)

// Role is a role to add.
type Role struct {
	Name   string
	Count  int    // default 1; 0 is allowed by the platform, and means that users choose whether to have it
	Volume int    // GiB; 0 is no volume
	Image  string // "" is the image of the first role
}

var roleName = lazyregexp.New(`^[A-Za-z][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*$`)

// AddRole adds a role: its properties to config.json, its node to
// cluster.json.mustache, and the translations. Its services are the author's to
// write. One that is there already is an error (ErrExists).
func AddRole(ctx context.Context, a *app.App, r Role) (Edits, error) {
	w := &workspace{app: a}
	if err := w.addRole(r); err != nil {
		return nil, fmt.Errorf("adding role %q: %w", r.Name, err)
	}
	return w.finish(ctx)
}

func (w *workspace) addRole(r Role) error {
	if err := r.check(); err != nil {
		return err
	}
	doc, err := w.clusterDoc()
	if err != nil {
		return err
	}
	container, err := containerFor(doc, r)
	if err != nil {
		return err
	}
	if there := w.app.Config.Lookup("cluster." + r.Name); there != nil {
		return existsAt(there.Pos)
	}
	if err := w.config(jsondoc.AppendItem(r.properties(), "properties", "key=cluster", "properties")); err != nil {
		return err
	}
	if err := w.cluster(jsondoc.AppendItem(r.node(container), "nodes")); err != nil {
		return err
	}
	return w.translate(r.texts()...)
}

func (r Role) check() error {
	switch {
	case strings.HasSuffix(r.Name, "-replica"):
		return errors.New("names ending in -replica are the platform's, for roles with replicas")
	case !roleName.MatchString(r.Name):
		return diag.WithHint(errors.New("this is no name for a role"), "letters, digits, _ and -, a letter first")
	case r.Count < 0:
		return fmt.Errorf("%d nodes are no number of nodes", r.Count)
	case r.Volume != 0 && (r.Volume < 10 || r.Volume%10 != 0):
		return fmt.Errorf("volumes are multiples of 10 GiB, not %d", r.Volume)
	}
	return nil
}

// containerFor is the container of the new role, as JSON: that of the first
// role, with the role's own image.
func containerFor(doc *jsondoc.Value, r Role) (string, error) {
	nodes := nodesOf(doc)
	if len(nodes) == 0 {
		return "", errors.New("cluster.json.mustache has no nodes")
	}
	if there := doc.Get("nodes", "role="+r.Name); there != nil {
		return "", existsAt(there.Pos)
	}
	for _, n := range nodes {
		if n.Get("role").Str() == "" {
			return "", diag.WithHint(diag.Errorf(n.Pos, "the app's one role has no name, and of several each needs one"),
				`name it ("role": …, as its group in config.json), and put the level into its templates: /hosts/<role>/…`)
		}
	}
	first := nodes[0].Get("container")
	typ := Type(first.Get("type").Str())
	image := first.Get("image").Str()
	if r.Image != "" {
		if err := validImage(typ, r.Image); err != nil {
			return "", err
		}
		image = r.Image
	}
	fields := []string{field("type", quote(string(typ)))}
	if zone := first.Get("zone").Str(); zone != "" && typ != Docker {
		fields = append(fields, field("zone", quote(zone)))
	}
	return "{" + strings.Join(append(fields, field("image", quote(image))), ", ") + "}", nil
}

func (r Role) node(container string) string {
	value := func(key string) string { return "{{cluster." + r.Name + "." + key + "}}" }
	fields := []string{
		field("role", quote(r.Name)), field("container", container),
		field("instance_class", value("instance_class")), field("count", value("count")),
		field("cpu", value("cpu")), field("memory", value("memory")),
	}
	if r.Volume > 0 {
		fields = append(fields, field("volume", "{"+strings.Join([]string{
			field("size", value("volume_size")), field("mount_point", quote("/data")), field("filesystem", quote("ext4")),
		}, ", ")+"}"))
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

// property is one number that the user chooses for the role.
type property struct {
	key, label, description string
	value                   int
	limits                  string
}

func (r Role) choices() []property {
	least, volume := 0, r.Volume
	if r.Count > 0 {
		least = 1
	}
	list := []property{
		{"cpu", "CPU", "CPUs of each node", 1, `"range": [1, 2, 4, 8, 16]`},
		{"memory", "Memory", "Memory of each node in MiB", 2048, `"range": [1024, 2048, 4096, 8192, 16384, 32768]`},
		{"count", "Nodes", "Number of nodes", r.Count, fmt.Sprintf(`"min": %d, "max": %d`, least, max(10, 10*r.Count))},
		{"instance_class", "Instance class", "Kind of instance that a node runs on", 101, `"range": [101, 202]`},
	}
	if volume > 0 {
		list = append(list, property{"volume_size", "Volume size", "Volume of each node in GiB", volume,
			fmt.Sprintf(`"min": 10, "max": %d, "step": 10`, max(1000, volume))})
	}
	return list
}

func (r Role) properties() string {
	var list []string
	for _, c := range r.choices() {
		list = append(list, fmt.Sprintf(`{"key": %s, "label": %s, "description": %s, "type": "integer", "default": %d, %s, "required": "yes"}`,
			quote(c.key), quote(c.label), quote(c.description), c.value, c.limits))
	}
	return fmt.Sprintf(`{"key": %s, "label": %s, "description": %s, "type": "array", "properties": [%s]}`,
		quote(r.Name), quote(r.Name), quote(r.description()), strings.Join(list, ", "))
}

func (r Role) description() string { return "Properties of each node of role " + r.Name }

// texts are what the user is shown.
func (r Role) texts() []string {
	out := []string{r.Name, r.description()}
	for _, c := range r.choices() {
		out = append(out, c.label, c.description)
	}
	return out
}
