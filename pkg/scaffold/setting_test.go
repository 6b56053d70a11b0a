package scaffold

import (
	"strings"
	"testing"
)

func TestFindSetting(t *testing.T) {
	for _, c := range []struct{ name, file, text, key, want string }{
		{"properties", "a.properties", "a=1\n# b=2\nb = x # y\n", "b", "x # y"},
		{"colon", "a.conf", "a: 1\nb:2\n", "b", "2"},
		{"empty", "a.conf", "a=\nb=2\n", "a", ""},
		{"space", "redis.conf", "port 6379\nsave 900 1\n", "save", "900 1"},
		{"comment behind", "a.ini", "a = 1 ; one\n", "a", "1"},
		{"no comment", "a.ini", "a = x;y#z\n", "a", "x;y#z"},
		{"quotes", "a.toml", "a = \"x # y\"\n", "a", "x # y"},
		{"single quotes", "a.sh", "export A='x y'\n", "A", "x y"},
		{"section", "a.ini", "[one]\na=1\n[two]\na=2\n", "two.a", "2"},
		{"toml table", "a.toml", "[a.b]\nc = 3\n", "a.b.c", "3"},
		{"nginx", "nginx.conf", "http {\n  server {\n    listen 80;\n  }\n  gzip on;\n}\n", "listen", "80"},
		{"nginx below", "nginx.conf", "a {\n  x 1;\n}\nb {\n  x 2;\n}\n", "b.x", "2"},
		{"dots in key", "log4j.properties", "log4j.rootLogger=INFO, A\n", "log4j.rootLogger", "INFO, A"},
		{"dashes", "redis.conf", "maxmemory-policy noeviction\n", "maxmemory-policy", "noeviction"},
		{"windows", "a.ini", "a = 1\r\nb = 2\r\n", "a", "1"},
		{"no newline", "a.ini", "a = 1", "a", "1"},
		{"set", "a.sh", "set x=1\n", "x", "1"},
		{"yaml", "a.yaml", "a:\n  b: 1\n  c: two words # why\n", "a.c", "two words"},
		{"yaml quotes", "a.yml", "a:\n  b: 'x # y'  # why\n", "b", "x # y"},
		{"yaml siblings", "a.yml", "a:\n  x: 1\nb:\n  x: 2\n", "b.x", "2"},
		{"yaml flat", "a.yml", "a.b.c: 1\n", "a.b.c", "1"},
		{"yaml list", "a.yml", "a:\n  - name: x\n    size: 3\n", "a.size", "3"},
		{"yaml block", "a.yml", "a: |\n  b: 1\nb: 2\n", "b", "2"},
		{"yaml url", "a.yml", "a: http://x:80/\n", "a", "http://x:80/"},
		{"xml", "a.xml", "<configuration><!-- <property><name>k</name><value>0</value></property> -->\n<property>\n <name>k</name>\n <value>1</value>\n</property></configuration>", "k", "1"},
		{"xml description", "a.xml", "<property><name>k</name><description>d</description><value>1</value></property>", "k", "1"},
		{"xml attribute", "a.xml", `<a><setting name="k" value="v"/></a>`, "k", "v"},
		{"xml element", "a.xml", "<a><port>80</port></a>", "port", "80"},
		{"json", "a.json", `{"a": {"b": 1, "c": "x"}, "d": [1]}`, "a.c", "x"},
		{"json number", "a.json", `{"a": {"b": 10}}`, "b", "10"},
	} {
		s, err := findSetting(c.file, []byte(c.text), c.key)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := c.text[s.start:s.stop]; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestFindSettingRefuses(t *testing.T) {
	for _, c := range []struct{ name, file, text, key, want string }{
		{"absent", "a.ini", "a=1\n", "b", `a.ini: no setting "b"`},
		{"comment", "a.ini", "#a=1\n", "a", `no setting "a"`},
		{"twice", "a.ini", "[one]\na=1\n[two]\na=2\n", "a", `"a" is set 2 times: one.a (line 2), two.a (line 4)`},
		{"twice at one path", "a.conf", "save 900 1\nsave 300 10\n", "save", "is set 2 times"},
		{"yaml map", "a.yml", "a:\n  b: 1\n", "a", `no setting "a"`},
		{"yaml flow", "a.yml", "a: [1, 2]\n", "a", `no setting "a"`},
		{"json array", "a.json", `{"a": [1]}`, "a", `no setting "a"`},
	} {
		if _, err := findSetting(c.file, []byte(c.text), c.key); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func TestInferEnv(t *testing.T) {
	for value, want := range map[string]string{
		"8080": "integer", "0": "integer", "-1": "integer", "08": "string", "+1": "string", "-0": "string", "1e3": "string",
		"9007199254740993": "string", "0.75": "number", "1.50": "string", "1.": "string", "true": "boolean", "True": "string",
		"yes": "string", "": "string", "100mb": "string", "NaN": "string", "0x10": "string",
	} {
		e, err := inferEnv("x", "x", value, "f")
		if err != nil || e.Type != want || *e.Default != value {
			t.Errorf("%q: %s, %v; want %s", value, e.Type, err, want)
		}
	}
	if e, err := inferEnv("pw", "db.password", "x", "f"); err != nil || e.Type != "password" || e.Default != nil {
		t.Errorf("a secret: %+v, %v", e, err)
	}
	if _, err := inferEnv("x", "x", "\xff", "f"); err == nil {
		t.Error("a value that is not UTF-8 was taken")
	}
}

// Every setting that is found can be cut out and put back: with the values that
// stand there, the template renders to the file, byte for byte.
func FuzzSettings(f *testing.F) {
	for _, seed := range []string{
		"a=1\n[b]\nc = \"{{x}}\" ; d\n", "a:\n  b: {1\n  c: '}}'\n", "<a><name>x</name><value>{{</value></a>", `{"a": {"b": "{"}}`,
		"x {\n y {1;\n}\n", "k{ v\n", "a={", "key {{getv \"/x\"}}\n", "a=1\r\nb=\xff\r\n",
	} {
		for _, name := range []string{"a.conf", "a.yml", "a.xml", "a.json", "a.properties"} {
			f.Add(name, seed)
		}
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		p := &pair{text: text, plain: true, source: name, template: "x.tmpl"}
		for i, s := range settings(name, []byte(text)) {
			if s.start < 0 || s.start > s.stop || s.stop > len(text) {
				t.Fatalf("setting %q at %d:%d of %d", s.path, s.start, s.stop, len(text))
			}
			_, _ = p.cut(s, Param{Name: "p" + strings.Repeat("x", i)}) // settings within others are refused
		}
		if err := p.prove(t.Context(), p.result()); err != nil {
			t.Fatalf("%q: %v", p.result(), err)
		}
	})
}
