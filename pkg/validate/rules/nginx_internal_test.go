package rules

import (
	"fmt"
	"strings"
	"testing"
)

// The verdicts are those of nginx -t.
func TestNginxFaults(t *testing.T) {
	for content, want := range map[string]string{
		"":                      "",
		"# only { a comment":    "",
		"worker_processes 1;\n": "",
		"events {}\nhttp { server { listen 80; } }":  "",
		"location ~ ^/a#b$ { return 200 \"a;b}\"; }": "",
		"rewrite ^/(.*)$ /x/${name}y;":               "",
		"set $a \"${b}{;\";":                         "",
		"location ~ \"^/x{2}$\" { deny all; }":       "",
		"if ($a = \"b\") { return 403; }":            "",
		"log_format main '$a \\'b\\' '\n  '$c';":     "",
		"return 200 a\\;b;":                          "",
		"map $a $b { default \"\"; ~*x\\{1 y; }":     "",
		"content_by_lua_block { x = { 1 }":           "",
		"listen 80":                                  `1: the last directive does not end`,
		"a b;\nlisten 80\n":                          `2: the last directive does not end`,
		"server {\n listen 80\n}":                    `3: "}" stands where ";" is missing`,
		"server {\n listen 80;\n":                    `1: a block does not end`,
		"server {\n listen 80;\n}\n}":                `4: "}" closes no block`,
		"a;\n;":                                      `2: ';' without a directive`,
		"a;\n{ b; }":                                 `2: '{' without a directive`,
		"set $a \"b\"c;":                             `1: 'c' stands right behind a quote`,
		"a;\nset $a 'b;\n}":                          `2: a quote ' does not end`,
		"location ~ ^/x{2}$ { deny all; }":           `1: a block does not end`,
	} {
		line, why := nginxFault(content)
		got := ""
		if why != "" {
			got = fmt.Sprintf("%d: %s", line, why)
		}
		if want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("%q: got %q, want %q", content, got, want)
		}
	}
}

func TestPropertiesFaults(t *testing.T) {
	for content, line := range map[string]int{
		"a=b\nc:\\u00e9\n":       0,
		"# C:\\users\n! \\u\n":   0,
		"a=C:\\\\users\n":        0,
		"a=b\\\n  # \\u is here": 2,
		"a=\\uD83D\\uDE00":       0,
		"a=1\nb=C:\\users":       2,
		"a=\\u12":                1,
		"\\ukey=1":               1,
		"a=b\\":                  0,
	} {
		if got, why := propertiesFault(content); got != line || (why == "") != (line == 0) {
			t.Errorf("%q: line %d, %s; want %d", content, got, why, line)
		}
	}
}

func TestWhatIsNginx(t *testing.T) {
	for dest, want := range map[string]bool{
		"/etc/nginx/nginx.conf": true, "/opt/app/conf/nginx.conf": true, "/etc/nginx/conf.d/a.conf": true, "/usr/local/openresty/nginx/conf/a.conf": true,
		"/etc/nginx/mime.types": false, "/etc/nginx/.htpasswd": false, "/etc/logrotate.d/nginx": false, "/etc/supervisor/conf.d/nginx-web.conf": false, "/etc/nginx/a.lua": false,
	} {
		if isNginx(dest) != want {
			t.Errorf("%s: %t", dest, !want)
		}
	}
}
