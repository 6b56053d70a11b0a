package persist

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/validate"
)

const fuzzCluster = `{"name":"a","description":"","vxnet":"v","nodes":[
{"role":"a","container":{"type":"kvm","zone":"z","image":"img-12345678"},"count":1,"cpu":1,"memory":1024,"volume":{"size":10},"services":{"start":{"cmd":"/opt/s.sh"}}},
{"role":"b","container":{"type":"kvm","zone":"z","image":"img-12345678"},"count":1,"cpu":1,"memory":1024,"services":{"start":{"cmd":"/opt/s.sh"}}}]}`

// Whatever a repository holds, the rule ends, and its findings are whole.
func FuzzRepository(f *testing.F) {
	for name, text := range map[string]string{
		"files/opt/s.sh":                 "#!/bin/sh\n. /opt/s.sh\nf() { f /data/x; }\nf; cat > /a.sh <<X\ncat > /b.sh <<Y\necho >> /var/log/x\nY\nX\n",
		"ansible/roles/x/tasks/main.yml": "- file: path=/a src=/data state=link\n- shell: |\n    echo {{ x }} >> /b\n  loop: [/a, /b]\n- copy:\n    dest: /etc/my.cnf\n    content: |\n      datadir=/x\n",
		"docker-compose.yml":             "services:\n  a:\n    image: b\n    volumes:\n    - /data/a:/b\n    - {type: bind, source: ./x, target: /y}\n",
		"Dockerfile":                     "FROM x\nRUN a \\\n # c\n && b\nENV A /data/x\nCMD [\"x\", \"--data-dir=/y\"]",
		"etc/x.service":                  "[Service]\nExecStart=/bin/sh -c 'x > /var/log/y'\nBindPaths=/data:/a",
		"etc/cron.d/x":                   "* * * * * root x >> /var/log/y",
		"etc/fstab":                      "/data/x /y none bind 0 0",
		"init.ps1":                       "New-Item -ItemType Junction -Path C:\\x -Target D:\\y\n'x' | Out-File C:\\x\\l.log",
		"play/site.yml":                  "- hosts: [a, b]\n  roles: [{role: x}]\n  tasks:\n  - copy: {src: ../files/, dest: /x}\n- hosts: a\n  roles: x",
		"roles/x/meta/main.yml":          "dependencies:\n- role: x\n- y",
		"k8s.yaml":                       "apiVersion: v1\nkind: P\nspec:\n  hostPath: /x\n  mountPath: /y\n  local: {path: /z}",
		"files/opt/k.sh":                 "easyrsa init-pki; cd /x && openssl req -keyout; tr </dev/urandom | head > /y; htpasswd -c",
		"x.tmpl":                         "{{ range }}\n{{ getv \"/a\" }}\ndatadir=/x",
	} {
		f.Add(name, text)
	}
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cluster.json.mustache"), []byte(fuzzCluster), 0o644); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if !filepath.IsLocal(name) || filepath.Base(name) == "cluster.json.mustache" {
			return
		}
		overlay := map[string][]byte{file: []byte(text)}
		a, err := app.Open(context.Background(), dir, app.Options{Overlay: overlay})
		if err != nil {
			return
		}
		if _, err := validate.Check(context.Background(), dir, validate.NewPackage(context.Background(), a), []validate.Rule{Rule()}, validate.Options{}); err != nil {
			t.Fatal(err)
		}
	})
}
