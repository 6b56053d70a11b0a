package known_test

import (
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/validate/persist/known"
)

func table(t *testing.T, own ...known.App) *known.Table {
	t.Helper()
	tab, err := known.New(own...)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func TestLookup(t *testing.T) {
	tab := table(t, known.App{Name: "own", Files: []string{"thing.conf"}, Data: []string{"treasure"}, None: []string{"dir"}},
		known.App{Name: "ours", Commands: []string{"keeper"}, Data: []string{"--hoard"}})
	for _, c := range []struct {
		file, command, key string
		kind               known.Kind
		sure               bool
	}{
		{"/etc/redis/redis.conf", "", "dir", known.Data, true},
		{"/etc/redis/sentinel.conf", "", "dir", known.None, true},
		{"/etc/redis/redis.conf.tmpl", "", "LOGFILE", known.Log, true},
		{"/etc/my.cnf", "", "mysqld.log-error", known.Log, true},
		{"/etc/my.cnf", "", "mysqld.log_error", known.Log, true},
		{"/x/mongod.conf", "", "storage.dbPath", known.Data, true},
		{"", "initdb", "-D", known.Data, true},
		{"", "java", "-D", known.Unknown, false},
		{"", "java", "Xloggc", known.Log, true},
		{"x", "", "env.ETCD_DATA_DIR", known.Data, true},
		{"/etc/thing.conf", "", "treasure", known.Data, true},
		{"/etc/thing.conf", "", "dir", known.None, true},
		{"other", "", "dir", known.Unknown, false},
		{"", "keeper", "hoard", known.Data, true},
		{"x", "", "app.logPath", known.Log, false},
		{"x", "", "uploadDir", known.Upload, false},
		{"x", "", "db_backup_dir", known.Backup, false},
		{"x", "", "log_config_file", known.None, false},
		{"x", "", "data.endpointUrl", known.None, false},
		{"x", "", "color", known.Unknown, false},
	} {
		m := tab.Lookup(c.file, c.command, c.key)
		if m.Kind != c.kind || m.Sure() != c.sure {
			t.Errorf("%s %s %s: %+v", c.file, c.command, c.key, m)
		}
	}
}

func TestPath(t *testing.T) {
	tab := table(t)
	for path, want := range map[string]known.Kind{
		"/var/log/x": known.Log, "/opt/a/x.log": known.Log, "/opt/a/x.log.1": known.Log, "/opt/a/logs/": known.Log, "/x/catalina.out": known.Log,
		"/data": known.Data, "/data1/x": known.Data, "/var/lib/mysql": known.Data, "/opt/a/data": known.Data, "/home/a/userData": known.Data,
		"/srv/uploads": known.Upload, "/var/lib/php/sessions": known.Data, "/opt/a/backup/x": known.Backup,
		"/data/x.conf": known.None, "/data/x.pid": known.None, "/data/conf": known.None, "/data/conf/x": known.None, "/etc/data": known.None,
		"/var/lib/dpkg/x": known.None, "/usr/lib/data": known.None, "/opt/a/data/key.pem": known.None,
		"/opt/a/bin/x": known.Unknown, "/srv/www": known.None, "/opt/a": known.Unknown, "": known.Unknown,
	} {
		if got := tab.Path(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func FuzzLookup(f *testing.F) {
	tab, err := known.New()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("redis.conf", "x", "dir", "/data/x")
	f.Add("", "", "", "")
	f.Add("[", "[", ".", "//")
	f.Fuzz(func(_ *testing.T, file, command, key, path string) {
		tab.Lookup(file, command, key)
		tab.Path(path)
	})
}

func TestDaemons(t *testing.T) {
	table := table(t)
	for key, want := range map[string]string{
		"dfs.namenode.name.dir":                     "namenode",
		"dfs.namenode.checkpoint.dir":               "secondarynamenode namenode",
		"env.HADOOP_NAMENODE_OPTS":                  "namenode",
		"YARN_RESOURCEMANAGER_OPTS":                 "resourcemanager",
		"yarn.nodemanager.log-dirs":                 "nodemanager",
		"apiServer.extraArgs.audit-log-path":        "kube-apiserver kubeadm",
		"hadoop.tmp.dir":                            "",
		"my.dfs.datanode.data.dir.of.somebody.else": "datanode",
	} {
		if got := strings.Join(table.Daemons(key), " "); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}
