package rules

import (
	"fmt"
	"strings"
	"testing"
)

func judge(t *testing.T, fault func(string) (int, string), cases map[string]string) {
	t.Helper()
	for content, want := range cases {
		got := ""
		if line, why := fault(content); why != "" {
			got = fmt.Sprintf("%d: %s", line, why)
		}
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q: %q, want %q", content, got, want)
		}
	}
}

// The verdicts are those of haproxy -c.
func TestHAProxyFaults(t *testing.T) {
	judge(t, haproxyFault, map[string]string{
		"": "",
		"# a comment's\nglobal\n  maxconn 100 # it's\ndefaults\n  timeout connect 1s\n":  "",
		"defaults web\n  mode http#'\nfrontend f\n  bind :80\n":                          "",
		"listen a\n  acl x path /a\\\"b\n  acl y path '/a\\'\n  acl z path \"/a\\\"\"\n": "",
		"backend b\n  balance\n  server a 10.0.0.1:80\n":                                 "",
		"peers p\n  bind :1\n  server local\n":                                           "",
		".if defined(A)\nglobal\n.endif\n":                                               "",
		"a-section-to-come x\n  y z\n":                                                   "",
		"maxconn 100\nglobal\n":                                                          `1: "maxconn" stands before the first section`,
		"\n  log 127.0.0.1 local0\n":                                                     `2: "log" stands before the first section`,
		"backend b\n  acl x path \"/a\n":                                                 `2: a quote " does not end`,
		"backend\n  server a 10.0.0.1:80\n":                                              `1: "backend" wants one value`,
		"backend b\n  server a\n":                                                        `2: "server" wants 2 values`,
		"frontend f\n  bind # :80\n":                                                     `2: "bind" wants one value`,
		"defaults\n  timeout connect\n":                                                  `2: "timeout" wants 2 values`,
	})
}

// The verdicts are those of redis-server.
func TestRedisFaults(t *testing.T) {
	judge(t, redisFault, map[string]string{
		"": "",
		"# it's\nport 6379\nrequirepass \"\"\nsave\n":       "",
		"port 1\nrequirepass \"a\\\"b\"\nlogfile 'a\\'b'\n": "",
		"port 1\nslaveof no one\nbind\n":                    "",
		"server { listen 80; don't }\n":                     "",
		"port 1\nrename-command CONFIG \"\"\n":              "",
		"port 1\nrequirepass\n":                             `2: "requirepass" wants one value`,
		"port 6379 # the usual\n":                           `1: a comment stands behind a directive`,
		"port 1\nslaveof 10.0.0.1\n":                        `2: "slaveof" wants 2 values`,
		"port 1\nrequirepass ab\"cd\n":                      `2: a quote " does not end`,
		"port 1\nrequirepass \"ab\"cd\n":                    `2: 'c' stands right behind a quote`,
	})
}

func TestMySQLFaults(t *testing.T) {
	judge(t, mysqlFault, map[string]string{
		"# a comment\n!includedir /etc/my.cnf.d\n\n[mysqld]\nport=1\n": "",
		"port=1\n[mysqld]\n": `1: an option stands before the first section`,
		"[mysqld\nport=1\n":  `1: the head of a section has no ]`,
	})
}

func TestApacheFaults(t *testing.T) {
	judge(t, apacheFault, map[string]string{
		"<VirtualHost *:80>\n  <ifmodule a.c>\n  </IfModule>\n</VirtualHost>\n": "",
		"ErrorDocument 404 \\\n<b>\n":                                           "",
		"<Macro a>\n<Directory $x>\n</Macro>\n":                                 "",
		"# <VirtualHost>\n":                                                     "",
		"<VirtualHost *:80>\n":                                                  `1: the section is not closed: </virtualhost>`,
		"</VirtualHost>\n":                                                      `1: </VirtualHost> closes no section`,
		"<VirtualHost *:80>\n<Files x>\n</VirtualHost>":                         `3: </VirtualHost> stands where <files> of line 2`,
		"<VirtualHost *:80\n</VirtualHost>\n":                                   `1: a section's head does not end`,
	})
}

func TestFormatsByPath(t *testing.T) {
	for dest, want := range map[string]string{
		"/etc/haproxy/haproxy.cfg": "HAProxy", "/etc/haproxy/10-web.cfg": "HAProxy", "/etc/zoo.cfg": "cfg",
		"/opt/redis/redis-6379.conf": "Redis", "/etc/redis/redis.conf": "Redis", "/etc/nginx/redis.conf": "nginx", "/etc/redis-exporter.conf": "conf",
		"/etc/my.cnf": "MySQL", "/root/.my.cnf": "MySQL", "/etc/mysql/mysql.conf.d/x.cnf": "MySQL", "/etc/ssl/openssl.cnf": "cnf",
		"/etc/httpd/conf.d/a.conf": "Apache", "/usr/local/apache2/conf/httpd.conf": "Apache",
	} {
		if got := formatOf(dest); got != want {
			t.Errorf("%s is %s, want %s", dest, got, want)
		}
	}
}
