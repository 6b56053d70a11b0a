package reader

import "github.com/appimg/appimg/pkg/app/jsondoc"

// readJSON reads the strings of a document, as far as it can be read.
func readJSON(text string) []Setting {
	doc, _ := jsondoc.ParseTolerant("", []byte(text), jsondoc.Options{})
	var out []Setting
	var walk func(v *jsondoc.Value, key string)
	walk = func(v *jsondoc.Value, key string) {
		if v == nil || len(out) > maxSettings {
			return
		}
		if v.Kind == jsondoc.String {
			out = append(out, settings(key, v.Text, v.Start+1)...)
		}
		for _, m := range v.Members {
			walk(m.Value, join(key, m.Key))
		}
		for _, item := range v.Items {
			walk(item, key)
		}
	}
	walk(doc, "")
	return out
}

func join(parent, key string) string {
	if parent == "" {
		return key
	}
	return parent + "." + key
}
