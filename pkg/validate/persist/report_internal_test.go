package persist

import "testing"

func TestBetter(t *testing.T) {
	for p, want := range map[string]string{
		"/var/lib/zookeeper":                    "/vol/zookeeper",
		"/var/log/nginx/access.log":             "/vol/log/nginx/access.log",
		"/usr/local/x/logs/":                    "/vol/x/logs",
		"/home/node/.n8n":                       "/vol/n8n",
		"/data/x":                               "/vol/x",
		"/data":                                 "/vol/data",
		"/opt/app/current/conf/registry/passwd": "/vol/conf/registry/passwd",
		"$CASSANDRA_HOME/logs/gc.log":           "/vol/logs/gc.log",
		"/etc/app/ca.key":                       "/vol/app/ca.key",
		"/root/.minio":                          "/vol/minio",
	} {
		if got := better("/vol", p); got != want {
			t.Errorf("%s: %s, want %s", p, got, want)
		}
	}
}
