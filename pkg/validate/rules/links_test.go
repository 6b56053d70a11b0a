package rules_test

import (
	"os"
	"path/filepath"
	"testing"
)

// What a link leads to is judged as if it lay where the link is.
func TestLinksAreFollowed(t *testing.T) {
	p := base(t)
	p["locale/zh.json"] = `{"Name": 5}`
	p["rootfs/opt/demo/lib/bin/start.sh"] = "#!/bin/sh\nsystemctl start demo\necho ok\n"
	dir := p.write(t)
	for link, target := range map[string]string{
		"app/locale/zh-cn.json":        "../../locale/zh.json",
		"app/locale/en.json":           "en.json",
		"app/replace_policy.json":      "nowhere.json",
		"rootfs/opt/demo/bin/start.sh": "/opt/demo/lib/current/start.sh",
		"rootfs/opt/demo/lib/current":  "bin",
	} {
		file := filepath.Join(dir, link)
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if err := os.Symlink(target, file); err != nil {
			t.Fatal(err)
		}
	}
	want := `app/locale/en.json:0:0: error: it cannot be read: too many levels of symbolic links [json-syntax]
app/locale/zh-cn.json:1:1: info: 15 labels have no translation in zh-cn.json: "Cluster settings", "The name of the cluster", "Description", … [translation-missing] fix=--fix adds them, with the labels as they are for translations
app/locale/zh-cn.json:1:10: error: the translation of "Name" is a number, not a text [translation-missing]
app/replace_policy.json:0:0: error: it cannot be read: it is a link to "nowhere.json", which is not there [json-syntax]
rootfs/opt/demo/lib/bin/start.sh:3:1: warning: services.start.cmd ends with "echo ok", which succeeds even where "systemctl start demo" fails: the task never fails [exit-code-lost] role=web fix=join them with &&, or begin the script with set -e
`
	if got := lines(lintDir(t, dir)); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
