package reader_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // key=value@line
	}{
		{"redis.conf", "dir /a/b\nlogfile \"/c d/e\"\n# dir /no\nport 1\n", []string{"dir=/a/b@1", "logfile=/c d/e@2"}},
		{"my.cnf", "[mysqld]\ndatadir = /a # why\nlog-error=/b;\n", []string{"mysqld.datadir=/a@2", "mysqld.log-error=/b@3"}},
		{"nginx.conf", "http {\n  access_log /a main;\n  server {\n    root /w;\n  }\n}\nuser x;\n", []string{"http.access_log=/a@2", "http.server.root=/w@4"}},
		{"config.php", "$C = array (\n 'datadirectory' => '/a',\n);\ndefine('B', '/b');\n$x['k']['l'] = \"/c\";\n", []string{"datadirectory=/a@2", "B=/b@4", "x.k.l=/c@5"}},
		{"a.properties", "x.dirs=/a,/b\nroot=/r\nf=${root}/g\nurl=http://h/p\nn=5\n", []string{"x.dirs=/a@1", "x.dirs=/b@1", "root=/r@2", "f=/r/g@3"}},
		{"a.yml", "a:\n  b: /x # y\n  c:\n    - /d\n    - \"/e\"\nf: [/g, '/h']\ni: {j: /k}\nt: |\n  /not/a/value: x\n", []string{"a.b=/x@2", "a.c=/d@4", "a.c=/e@5", "f=/g@6", "f=/h@6", "i.j=/k@7"}},
		{"a.json", `{"a": {"b": "/x"}, "l": ["/y", 1]}`, []string{"a.b=/x@1", "l=/y@1"}},
		{"a.xml", "<configuration>\n<property><name>n</name>\n<value>file:///v,/w</value></property>\n<param name=\"File\" value=\"/f\"/>\n<Valve directory=\"/d\"/></configuration>", []string{"n=/v@3", "n=/w@3", "File=/f@4", "Valve.directory=/d@5"}},
		{"a.service", "[Service]\nEnvironment=\"A=/x y\" B=/z\nStandardOutput=append:/o\nExecStart=/bin/x --data=/no\nLogsDirectory=l m\n", []string{"env.A=/x@2", "env.B=/z@2", "Service.StandardOutput=/o@3", "Service.LogsDirectory=/var/log/l@5", "Service.LogsDirectory=/var/log/m@5"}},
		{"rsyslog.d/x.conf", "*.info -/a\n#*.x /no\nif $m then {\n action(type=\"omfile\"\n file=\"/b\")\n}\n:msg, contains, \"x\" /c\n$template T,\"/d/%H%\"\ninput(type=\"imfile\" file=\"/no\")\n", []string{"omfile=/a@1", "omfile=/c@7", "omfile=/d/%H%@8", "omfile=/b@5"}},
		{"a.py", "H = '/a'\nF = H + \"/b\"\nP = os.path.join(H, 'c')\nx = call()\nlogging.FileHandler(F)\nopen('/d', 'a')\nopen('/r')\n", []string{"H=/a@1", "F=/a/b@2", "P=/a/c@3", "FileHandler=/a/b@2", "FileHandler=/a/b@5", "open_a=/d@6"}},
		{"supervisor.conf", "[program:x]\ncommand=/bin/x --data-dir /a --log=/b -v\n", []string{"data-dir=/a@2", "log=/b@2"}},
		{"archive.conf", "archive_command = 'cp %p /wal/%f'\n", []string{"archive_command=/wal/%f@1"}},
		{"win.ini", "[p]\nd = C:\\\\a\n", []string{`p.d=C:\\a@2`}},
		{"README.md", "dir /a\n", nil},
		{"logrotate.d/x", "# /no {\n/var/log/x/*.log \"/b c\" {\n su /no\n}\n/d\n/e\n{\n}\n", []string{"rotated=/var/log/x/*.log@2", "rotated=/b c@2", "rotated=/d@5", "rotated=/e@6"}},
		{"exports", "/a 10.0.0.0/8(rw,sync)\n/b *(ro)\n#/c *(rw)\n", []string{"export=/a@1"}},
		{"jvm.options", "-Xms1g\n8:-Xloggc:/a\n9-:-Xlog:gc*:file=/b:time\n-XX:HeapDumpPath=/c\n", []string{"Xloggc=/a@2", "Xlog=/b@3", "HeapDumpPath=/c@4"}},
		{"smb.conf", "[g]\n log file = /a/%m\n", []string{"g.log file=/a/%m@2"}},
		{"mongod.conf", "storage:\n  dbPath: /a\n", []string{"storage.dbPath=/a@2"}},
		{"ls.conf", "output {\n  file { path => \"/a/x\" }\n}\n", []string{"output.file.path=/a/x@2"}},
		{"site.conf", "CustomLog \"|/bin/rotatelogs /a/%Y 1\" c\n", []string{"CustomLog=/a/%Y@1"}},
		{"log4j2.properties", "property.l.dir = /a\nappender.x.fileName = ${l.dir}/b\n", []string{"property.l.dir=/a@1", "appender.x.fileName=/a/b@2"}},
	} {
		var got []string
		for _, s := range reader.Read(c.name, c.text) {
			got = append(got, fmt.Sprintf("%s=%s@%d", s.Key, s.Value, 1+strings.Count(c.text[:s.Offset], "\n")))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestFormatByText(t *testing.T) {
	for text, want := range map[string]reader.Format{
		"storage:\n  dbPath: /a\n": reader.YAML, "a: \r\n\t# why\n# c\n  \"b\":": reader.YAML, "x y\na:\nb:\n c: 1\n": reader.YAML,
		"a:\n\n  b: 1\n": reader.Lines, "a:\nb: 1\n": reader.Lines, "a: 1\n  b: 2\n": reader.Lines, "a:\n  b:c\n": reader.Lines, "a:\n# b:\n": reader.Lines,
	} {
		if got := reader.FormatOf("mongod.conf", text); got != want {
			t.Errorf("%q is %v, want %v", text, got, want)
		}
	}
}

func TestOffsetsAreThoseOfTheValue(t *testing.T) {
	for name, text := range map[string]string{
		"a.conf": "x  \"/value\"  # c\n", "a.yml": "k:\n  - '/value'\n", "a.json": `{"k": "/value"}`,
		"a.xml": "<a><b> /value </b></a>", "a.service": "[Service]\nX = /value\n", "a.py": "X = 1\nY  =  '/value'\n",
	} {
		all := reader.Read(name, text)
		if len(all) != 1 || !strings.HasPrefix(strings.TrimLeft(text[all[0].Offset:], "'\""), "/value") {
			t.Errorf("%s: %+v", name, all)
		}
	}
}

func TestShipped(t *testing.T) {
	got := reader.Shipped("$InputFileName /a/b.log\ninput(type=\"imfile\"\n  File=\"/c\")\n*.* /d\n")
	if !slices.Equal(got, []string{"/a/b.log", "/c"}) {
		t.Errorf("%q", got)
	}
}

func TestOptions(t *testing.T) {
	var got []string
	for _, s := range reader.Options(`-Xmx1g -Xloggc:/a -Xlog:gc*:file=/b:time -XX:HeapDumpPath=/c -Dx.y="/d e" --data-dir /f --n=1 -D /g -cp /h:/i --q`) {
		got = append(got, s.Key+"="+s.Value)
	}
	want := []string{"Xloggc=/a", "Xlog=/b", "HeapDumpPath=/c", "x.y=/d e", "data-dir=/f", "-D=/g", "cp=/h", "cp=/i"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestParseYAML(t *testing.T) {
	doc := reader.ParseYAML("services:\n  web:\n    volumes:\n    - /a:/b\n    - type: bind\n      source: /c\n      target: /d\n$tmpstr\nvolumes:\n  x:\n    driver_opts: {type: none, device: /e}\n")
	volumes := doc.Get("services", "web", "volumes")
	if volumes == nil || len(volumes.Children) != 2 || volumes.Children[0].Value != "/a:/b" || volumes.Children[1].Get("target").Text() != "/d" {
		t.Errorf("volumes: %+v", volumes)
	}
	if got := doc.Get("volumes", "x", "driver_opts", "device").Text(); got != "/e" {
		t.Errorf("device: %q", got)
	}
	if doc.Get("no", "such").Text() != "" {
		t.Error("what is not there has a text")
	}
}

// Whatever a file holds, reading ends, and places are places of it.
func FuzzRead(f *testing.F) {
	for name, text := range map[string]string{
		"a.conf": "[x]\na { b /c; }\nd => '/e',\n${f}/g", "a.yml": "a:\n- b: |\n  /c\n- {d: [/e, ]}\n- - - /f", "a.json": `{"a":["/b",{"c":"/d"`,
		"a.xml": "<a b='/c'><name>d</name><value>/e</value></z>", "a.service": "[S]\nExecStart=/a \\\n -b\nEnvironment='", "rsyslog.conf": "action(file=\"/a\"",
		"a.py": "A = '/b' + B % os.path.join(\nopen('/a','w'", "x": "#!/bin/sh",
		"a.ps1": "$a = \"C:\\x\"; New-Item -Path $a, 'D:\\y' -Name z -Target\nx -p:C:\\q | Out-File -Append C:\\o > C:\\p\nJoin-Path $a", "a.bat": "set A=C:\\x\n@mkdir %A% >> ",
		"fluent.conf": "<match **>\npath /x\n</match>\ndestination d { file(\"/y\"", "vm.args": "-k x '\"/y\"'\n{a,\"/b\"}", "a.php": "'a' => ['b' => '/c', \"d\" => \"sqlite:////e\"", "b.py": "A = Path(__file__).parent\nB = A / 'c'",
		"c.py": "L = ['/a'] + sorted(\ndef f(x, *y):\n for a, b in T.items():\n  os.symlink(a, x)\n  subprocess.call(y\nf(x=L[0], '/b') for c in reversed(L\nT = {'a': '/b', 'c'",
	} {
		f.Add(name, text)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		for _, s := range reader.Read(name, text) {
			if s.Offset < 0 || s.Offset > len(text) {
				t.Fatalf("%q: offset %d of %d", name, s.Offset, len(text))
			}
		}
		reader.PythonLinks(name, text, nil)
		for _, c := range reader.PythonCommands(name, text, []string{text}) {
			if c.Offset < 0 || c.Offset > len(text) {
				t.Fatalf("command: offset %d", c.Offset)
			}
		}
		for _, s := range append(reader.Options(text), reader.Option(name, text)...) {
			if s.Offset < 0 || s.Offset > max(len(text), len(name)) {
				t.Fatalf("option: offset %d", s.Offset)
			}
		}
		for _, l := range reader.UnitLines(text) {
			if l.Offset < 0 || l.Offset > len(text) {
				t.Fatalf("unit: offset %d", l.Offset)
			}
		}
	})
}
