package rules

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/validate"
)

// kinds are keys whose values are of one kind, of the objects and lists at a path,
// where * stands for any name. A * for the keys is all of them, and each of a list.
type kinds struct {
	at   string
	kind jsondoc.Kind
	keys string
}

// kindsAnywhere are those of what the document and its roles may have.
func kindsAnywhere() []kinds {
	return []kinds{
		{"", jsondoc.Object, "env health_check monitor custom_metadata"},
		{"custom_metadata", jsondoc.String, "cmd"},
		{"health_check", jsondoc.Bool, "enable"},
		{"health_check", jsondoc.String, "check_cmd action_cmd"},
		{"monitor", jsondoc.Bool, "enable"},
		{"monitor", jsondoc.String, "cmd"},
		{"monitor", jsondoc.Object, "items groups"},
		{"monitor", jsondoc.Array, "display alarm"},
		{"monitor items", jsondoc.Object, "*"},
		{"monitor items *", jsondoc.String, "unit"},
		{"monitor items *", jsondoc.Number, "scale_factor_when_display"},
		{"monitor items *", jsondoc.Array, "enums"},
		{"monitor items * enums", jsondoc.String, "*"},
		{"monitor groups", jsondoc.Array, "*"},
		{"monitor groups *", jsondoc.String, "*"},
		{"monitor display", jsondoc.String, "*"},
		{"monitor alarm", jsondoc.String, "*"},
	}
}

func kindsOfDocument() []kinds {
	return append(kindsAnywhere(), []kinds{
		{"", jsondoc.String, "name description vxnet"},
		{"", jsondoc.Bool, "metadata_root_access incremental_backup_supported"},
		{"", jsondoc.Object, "endpoints links reserved_ips display_tabs advanced_services"},
		{"", jsondoc.Array, "upgrade_policy exclude_node_columns"},
		{"upgrade_policy", jsondoc.String, "*"},
		{"exclude_node_columns", jsondoc.String, "*"},
		{"endpoints", jsondoc.Object, "*"},
		{"endpoints *", jsondoc.String, "protocol"},
		{"display_tabs", jsondoc.Object, "*"},
		{"display_tabs *", jsondoc.String, "cmd"},
	}...)
}

func kindsOfRole() []kinds {
	return append(kindsAnywhere(), []kinds{
		{"", jsondoc.String, "role"},
		{"", jsondoc.Bool, "user_access agent_installed"},
		{"", jsondoc.Object, "volume services reserved_ips"},
		{"container", jsondoc.String, "image zone"},
		{"volume", jsondoc.String, "mount_options"},
		{"services *", jsondoc.String, "cmd pre_check event"},
		{"services *", jsondoc.Bool, "post_start_service post_stop_service allow_force"},
		{"services *", jsondoc.Object, "service_params"},
	}...)
}

// kinds wants values of the kind that the platform guide shows.
func (c valueCheck) kinds() {
	check := func(role string, doc *jsondoc.Value, table []kinds) {
		for _, k := range table {
			at := strings.Fields(k.at)
			for _, parent := range valuesAt(doc, at) {
				for _, m := range membersOf(parent, strings.Join(at, ".")) {
					if k.keys == "*" || slices.Contains(strings.Fields(k.keys), m.Key) {
						c.kind(role, m, k.kind)
					}
				}
			}
		}
	}
	check("", document(c.p), kindsOfDocument())
	for _, n := range nodes(c.p) {
		check(n.role, n.doc, kindsOfRole())
	}
}

func (c valueCheck) kind(role string, m jsondoc.Member, kind jsondoc.Kind) {
	wanted := map[jsondoc.Kind]string{
		jsondoc.String: "a text", jsondoc.Number: "a number", jsondoc.Bool: "true or false, without quotes,",
		jsondoc.Object: "an object", jsondoc.Array: "a list",
	}
	for _, v := range possible(c.p, m.Value) {
		if v.Kind != kind && v.Kind != jsondoc.Mustache {
			is := show(v)
			if v.Kind == jsondoc.Object || v.Kind == jsondoc.Array {
				is = v.Kind.WithArticle()
			}
			tell(c.r, role, v, "%s is %s: %s is wanted", m.Key, is, wanted[kind]).As(validate.Warning).With(validate.Likely)
			return // one of a range is enough
		}
	}
}

// membersOf are the members of an object, or the items of the list called name.
func membersOf(v *jsondoc.Value, name string) []jsondoc.Member {
	var out []jsondoc.Member
	for _, m := range v.Members {
		if m.Key != "//" {
			out = append(out, m)
		}
	}
	for _, item := range v.Items {
		out = append(out, jsondoc.Member{Key: "an item of " + name, Value: item})
	}
	return out
}

// valuesAt are the objects and lists at a path below v, where * stands for any name.
func valuesAt(v *jsondoc.Value, path []string) []*jsondoc.Value {
	switch {
	case v == nil:
		return nil
	case len(path) == 0:
		return []*jsondoc.Value{v}
	}
	var out []*jsondoc.Value
	for _, m := range v.Members {
		if m.Key != "//" && (path[0] == "*" || path[0] == m.Key) {
			out = append(out, valuesAt(m.Value, path[1:])...)
		}
	}
	return out
}
