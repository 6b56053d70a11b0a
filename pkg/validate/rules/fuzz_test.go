package rules_test

import (
	"testing"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/rules"
)

// FuzzRules runs every rule on an app with any bytes in its files: no rule may
// panic, and every finding lies within its file.
func FuzzRules(f *testing.F) {
	f.Add("#!/bin/sh\nreboot\n", "FROM x\nENTRYPOINT [\"y\"]\n", "{{getv \"/env/port\"}}\n", "{\"a\": \"b\"}", "[template]\nsrc = \"demo.conf.tmpl\"\ndest = \"/a\"\n")
	f.Add("#!/bin/bash\n# appimg:ignore machine-control it is meant\nreboot\n", "", "{{range", "{", "src = 1")
	f.Add("cat > /a <<E\na=1\nE\nb=2\n", "CMD x", "{{$x := \"/env/x\"}}{{getv $x}}", "[]", "mode = \"644\"")
	f.Fuzz(func(t *testing.T, script, dockerfile, tmpl, locale, resource string) {
		p := base(t)
		delete(p, "appimg.toml")
		p["rootfs/opt/demo/bin/fuzz.sh"] = script
		p["confd/Dockerfile"] = dockerfile
		p["confd/templates/demo.conf.tmpl"] = tmpl
		p["app/locale/en.json"] = locale
		p["confd/conf.d/fuzz.toml"] = resource
		r, err := validate.Run(t.Context(), ".", rules.All(), validate.Options{Files: app.Options{FS: p.memory()}})
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range r.Findings {
			if found.Line < 0 || found.Col < 0 || found.Message == "" || found.Rule == "" {
				t.Errorf("finding %+v", found)
			}
		}
	})
}
