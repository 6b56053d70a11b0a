package validate_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/rules"
)

// A project that lies in memory is linted; then one of its files is changed in
// an editor, and not saved.
func Example() {
	project := fstest.MapFS{
		"appimg.toml": {Data: []byte("name = \"demo\"\n")},
		"app/cluster.json.mustache": {Data: []byte(`{"name": "demo", "description": "", "vxnet": "",
			"nodes": [{"container": {"type": "kvm", "image": "img-12345678", "zone": "pek3a"}, "count": 1}]}`)},
		"confd/conf.d/hosts.toml":    {Data: []byte("[template]\nsrc = \"hosts.tmpl\"\ndest = \"/etc/hosts\"\nkeys = [\"/\"]\nmode = \"0644\"\n")},
		"confd/templates/hosts.tmpl": {Data: []byte("{{range lsdir \"/hosts\"}}{{.}}\n{{end}}")},
	}
	lint := func(unsaved map[string][]byte) {
		files := app.Options{FS: project, Overlay: unsaved}
		result, err := validate.Run(context.Background(), ".", rules.All(), validate.Options{Files: files})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("findings:", len(result.Findings))
		for _, f := range result.Findings {
			fmt.Printf("%s:%d:%d: %s: %s [%s]\n", f.File, f.Line, f.Col, f.Severity, f.Message, f.Rule)
		}
	}
	lint(nil)
	lint(map[string][]byte{"confd/templates/hosts.tmpl": []byte("# hosts\n{{range lsdirr \"/hosts\"}}{{.}}\n{{end}}")})
	// Output:
	// findings: 0
	// findings: 1
	// confd/templates/hosts.tmpl:2:9: error: function "lsdirr" not defined [template-syntax]
}
