package confd_test

import (
	"context"
	"fmt"
	"os"

	"github.com/appimg/appimg/pkg/confd"
)

// Rendering one pair from what GET /self returned, with nothing on disk.
func Example() {
	self := map[string]any{
		"hosts": map[string]any{
			"i-1": map[string]any{"ip": "10.0.0.1", "sid": "1"},
			"i-2": map[string]any{"ip": "10.0.0.2", "sid": "2"},
		},
	}
	r, err := confd.ParseResource("zoo.cfg.toml", []byte(`[template]
src = "zoo.cfg.tmpl"
dest = "/opt/zookeeper/conf/zoo.cfg"
keys = ["/hosts"]
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	tmpl, err := confd.ParseTemplate(r.Src, `{{range $id := ls "/hosts"}}{{$h := printf "/hosts/%s" $id -}}
server.{{getv (printf "%s/sid" $h)}}={{getv (printf "%s/ip" $h)}}:2888:3888
{{end}}`, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	store, err := confd.LoadStore(context.Background(), confd.TreeSource("/self", self), "/self", r.Keys)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := tmpl.Render(os.Stdout, store); err != nil {
		fmt.Println(err)
	}
	// Output:
	// server.1=10.0.0.1:2888:3888
	// server.2=10.0.0.2:2888:3888
}

// A fault tells its place, the expression and the missing key.
func ExampleTemplateError() {
	tmpl, err := confd.ParseTemplate("app.conf.tmpl", "# app\nport={{getv \"/env/port\"}}\n", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	store, err := confd.LoadStore(context.Background(), confd.TreeSource("/self", map[string]any{}), "/self", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tmpl.Render(os.Stdout, store))
	// Output:
	// # app
	// port=app.conf.tmpl:2:8: {{getv "/env/port"}}: key does not exist: /env/port
}

// What a template reads, without rendering it.
func ExampleTemplate_Reads() {
	tmpl, err := confd.ParseTemplate("t", `{{getv "/env/port" "80"}} {{range ls "/hosts"}}{{getv (printf "/hosts/%s/ip" .)}}{{end}}`, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range tmpl.Reads() {
		fmt.Println(r.Func, r.Key, r.Default)
	}
	// Output:
	// getv /env/port true
	// ls /hosts false
	// getv /hosts/*/ip false
}
