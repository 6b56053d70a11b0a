package shell_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

func walk(t testing.TB, text string, w shell.World) []shell.Event {
	t.Helper()
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	events, _ := shell.Walk(file, text, w, 10_000)
	return events
}

var ops = map[shell.Op]string{
	shell.Mkdir: "mkdir", shell.Append: "append", shell.Write: "write", shell.Touch: "touch", shell.Copy: "copy", shell.Link: "link", shell.Bind: "bind",
	shell.Container: "container", shell.Content: "content", shell.Script: "script", shell.Option: "option", shell.Env: "env", shell.Image: "image",
}

func TestWalk(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{"mkdir -p -m 755 /a /b/{c,d}", "mkdir /a; mkdir /b/c; mkdir /b/d"},
		{"install -d -o x /a; install x /b", "mkdir /a; copy /b"},
		{"A=/a; B=$A/b; mkdir ${B%/} \"$B/c\"", "mkdir /a/b; mkdir /a/b/c"},
		{"mkdir ${X:-/a} $Y/b", "mkdir /a; mkdir $Y/b"},
		{"echo x >> /a 2>/dev/null", "content /a; append /a; write /dev/null"},
		{"x &> /a; x >& /b; x 2>&1; x >| /c", "write /a; write /b; write /c"},
		{": > /a; > /b; cat /dev/null > /c; echo -n > /d", ""},
		{"x | tee -a /a | tee /b", "append /a; write /b"},
		{"nohup x > /a & sudo -u y z >> /b", "write /a; append /b"},
		{"ln -sf /t /l; ln /hard /no; ln -s -t /dir /t2", "link /l<-/t; link /dir<-/t2"},
		{"mount --bind /a /b; mount -t nfs h:/x /y", "bind /b<-/a; bind /y<-h:/x"},
		{"docker run -v /a:/b:ro --volume=/c:/d --mount type=bind,src=/e,dst=/f img", "image img; container /a:/b; container /c:/d; container /e:/f"},
		{"docker run -d --name x -e A=b img serve; docker run --rm img; docker exec img ls", "image img"},
		{"tar czf /a -C /b c; zip -r /d.zip /e; 7z a /f.7z /g", "write /a; write /d.zip; write /f.7z"},
		{"cat > /a <<EOF\nx $Y\nEOF", "content /a"},
		{"cat <<-'EOF' >> /a\n\tx\n\tEOF", "content /a"},
		{"tee /a <<EOF\nx\nEOF\nflush /b << EOF\ny\nEOF\nmysql /c <<EOF\nz\nEOF", "content /a; content /b; script "},
		{"mysql -h 10.0.0.1 -e 'select 1'; mysql -h localhost -e 'select 1'; psql --host=db <<EOF\nx\nEOF", "option -h=10.0.0.1; option -e=select 1; script ; option -h=localhost; option -e=select 1; option --host=db="},
		{"bash -c 'mkdir /a'; su x -c \"mkdir /b\"", "script ; script "},
		{"sed -i 's#a#dir /b#' /c; sed s/a/b/ /d", "content /c"},
		{"for d in /a /b; do mkdir $d/x; done", "mkdir /a/x; mkdir /b/x"},
		{"f() { mkdir $1; }; f /a; f /b", "mkdir /a; mkdir /b"},
		{"f() { mkdir /hook; }", "mkdir /hook"},
		{"f() { mkdir /a; }; retry 3 f", "mkdir /a"},
		{"f() { f; }; f", ""},
		{"if false; then mkdir /a; else mkdir /b; fi", "mkdir /b"},
		{"A=x; [ \"$A\" = x ] && mkdir /a; [ $A != x ] && mkdir /b; [[ $A == x* ]] || mkdir /c", "mkdir /a"},
		{"A=x; case $A in y) mkdir /a;; x|z) mkdir /b;; *) mkdir /c;; esac", "mkdir /b"},
		{"if [ \"$1\" = x ]; then D=/a; else D=/b; fi; mkdir $D", "mkdir /b; mkdir /a"},
		{"export A=/a; export B; A=/b prog", "env A=/a; env A=/b"},
		{"x --data-dir=/a -l /b", "option --data-dir=/a=-l; option -l=/b"},
		{"mkdir -p \"$(dirname /a/b)\" \"$(date)/c\"", "mkdir /a; mkdir $_/c"},
		{"( A=/a ); mkdir $A", "mkdir $A"},
		{"start-stop-daemon --start --exec /bin/x -- --db /a", "option --db=/a"},
		{"x | cronolog /a/%Y", "append /a/%Y"},
		{"touch -d now /a; cp -r a /b; rsync a b /c; tar xf x -C /d", "touch /a; copy /b; copy /c; copy /d"},
		{"A=x; [ $A = x ] && exec run; mkdir /a", ""},
		{"A=x; [ $A = y ] && exec run; mkdir /a", "mkdir /a"},
		{"f() { :; mkdir /f; }; case ${1:-} in go) f;; *) exit 2;; esac; mkdir /a", "mkdir /f; mkdir /a"},
		{"f() { :; mkdir /f; }; A=x; [ $A = x ] && exit; mkdir /a", "mkdir /f"},
		{"A=x; if [ $A = x ]; then mkdir /b; exit; fi; mkdir /a", "mkdir /b"},
		{"A=x; case $A in x) exit;; esac; mkdir /a", ""},
		{"[ -f /x ] && exit; run || exit 1; (exit 2); f() { exit; }; f; exec > /l; mkdir /a", "write /l; mkdir /a"},
		{"for i in 1 2; do exit; done; x | exit; exec run & mkdir /a", "mkdir /a"},
		{"f() { echo /a /$1; }; mkdir $(f b) \"$(f c)\"/d", "mkdir /a; mkdir /b; mkdir /a /c/d"},
		{"f() { cat /x; echo /a; }; mkdir $(f); g() { [ -f /x ] && echo /b; }; mkdir $(g)", "mkdir $_; mkdir $_"},
		{"f() { echo $(f); }; mkdir $(f); f() { case $1 in a) echo /a;; *) echo /z;; esac; }; mkdir $(f $X)", "mkdir $_; mkdir $_"},
		{"declare -A D=([a]=/a [b]=/b); D[c]=/c; K=b; mkdir ${D[$K]} ${D[c]}; mkdir ${D[$X]}", "mkdir /b; mkdir /c; mkdir /a; mkdir /b"},
		{"eval $CMD > /a; exec >> /b 2>&1", "write /a; append /b"},
	} {
		var got []string
		for _, e := range walk(t, c.script, shell.World{}) {
			if e.Op == shell.Assign || e.Op == shell.Start || e.Op == shell.Skipped {
				continue
			}
			s := ops[e.Op] + " " + e.Path
			switch e.Op {
			case shell.Link, shell.Bind:
				s += "<-" + e.From
			case shell.Container:
				s += ":" + e.Inside
			case shell.Env, shell.Option:
				s = fmt.Sprintf("%s %s=%s", ops[e.Op], e.Name, e.Path)
			}
			got = append(got, s)
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s:\n%q, want\n%q", c.script, strings.Join(got, "; "), c.want)
		}
	}
}

func TestPlaces(t *testing.T) {
	script := "A=/a\nB=$A\nmkdir $B\nmkdir $A/x\n"
	var got []string
	for _, e := range walk(t, script, shell.World{}) {
		if e.Op == shell.Mkdir {
			got = append(got, fmt.Sprintf("%s@%d", e.Path, 1+strings.Count(script[:e.At.Offset], "\n")))
		}
	}
	if want := []string{"/a@1", "/a/x@4"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestRolesDecide(t *testing.T) {
	script := `
[ "$MY_ROLE" = a ] && mkdir /a
[[ "$NODE_ROLE" == b ]] && mkdir /b
case $ROLE in a) mkdir /case ;; esac
[ "$MY_ROLE" = other ] && mkdir /unknown
[ "$x" = a ] && mkdir /notrole`
	var got []string
	for _, e := range walk(t, script, shell.World{Role: "a", Roles: []string{"a", "b"}}) {
		if e.Op == shell.Mkdir {
			got = append(got, fmt.Sprint(e.Path, e.Role))
		}
	}
	if want := []string{"/afalse", "/casefalse", "/unknowntrue", "/notrolefalse"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestHereDocumentAsItStands(t *testing.T) {
	script := "D=/d\ncat > /f <<EOF\na $D\nb\nEOF\n"
	for _, e := range walk(t, script, shell.World{}) {
		if e.Op == shell.Content && (e.Text != "a $D\nb\n" || script[e.TextAt:e.TextAt+3] != "a $" || e.Vars["D"][0].Text != "/d" || !e.Whole) {
			t.Errorf("%+v", e)
		}
	}
}

// Whatever a script holds, walking it ends, and places are places of it.
func FuzzWalk(f *testing.F) {
	for _, s := range []string{
		"f() { g; }; g() { f; }; f", "for a in {1..9999}; do mkdir $a$a$a$a; done", "A=$A$A$A; A=$A$A; eval $A",
		"cat <<A > /x <<B\na\nA\nb\nB\n", "case $x in *) ;; esac", "[ -z ] || [[ ! ( $a =~ $b ) ]]", "sudo sudo -u; env -u; docker run -v --mount",
		"ln -s; mount; sed -i; install -d; tee <<E\nE\n", "${a:-${b:-${c%%*}}}", "bash -c; su -c", "while read x; do :; done < <(y)",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
		if err != nil {
			return
		}
		events, steps := shell.Walk(file, text, shell.World{Role: "a", Roles: []string{"a", "b"}}, 5000)
		if steps > 6000 {
			t.Fatalf("%d steps", steps)
		}
		for _, e := range events {
			for _, at := range []int{e.At.Offset, e.Use.Offset, e.TextAt} {
				if at < 0 || at > len(text) {
					t.Fatalf("offset %d of %d", at, len(text))
				}
			}
		}
	})
}

func TestStart(t *testing.T) {
	for script, want := range map[string]string{
		"systemctl --no-block start a b.service; systemctl stop c; systemctl is-active d":                                         "a b",
		"systemctl enable --now a; service b start; service c stop; rc-service d restart":                                         "a b d",
		"/etc/init.d/redis start; /etc/init.d/other stop; supervisorctl restart web":                                              "redis web",
		"for s in $SERVICES; do systemctl start $s; done":                                                                         "x y",
		"su - hdfs -c '/opt/hadoop/sbin/hadoop-daemon.sh --config /c start namenode'":                                             "",
		"USER=root hadoop-daemon.sh --config /c start datanode; hadoop-daemon.sh stop namenode; yarn-daemon.sh start nodemanager": "hadoop-datanode yarn-nodemanager",
		"hdfs --daemon start journalnode; hdfs namenode -format -force; hbase master start; hive --service metastore &":           "hdfs-journalnode hbase-master hive-metastore",
		"nohup sh /opt/mq/bin/mqbroker -c /x > /y 2>&1 &":                                                                         "mqbroker",
		"case $1 in a) systemctl start one;; b) systemctl start two;; esac":                                                       "one",
		"start() { systemctl start hooked; }":                                                                                     "(hooked)",
		"/usr/bin/etcd grpc-proxy start --listen-addr=:1; etcd --name a":                                                          "etcd-grpc-proxy etcd",
		"mysqld --version; mkdir -p /x; echo kafka":                                                                               "",
	} {
		world := shell.World{Vars: map[string][]shell.Value{"SERVICES": {{Text: "x y"}}, "1": {{Text: "a"}}}}
		var got []string
		for _, e := range walk(t, script, world) {
			if name := e.Name; e.Op == shell.Start {
				if e.Weak {
					name = "(" + name + ")"
				}
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s:\n%q, want %q", script, strings.Join(got, " "), want)
		}
	}
}

// Each function calls the next one twice: whether the first prints a secret is asked
// often, but not 2^40 times.
func TestAskedFunctions(t *testing.T) {
	var b strings.Builder
	for i := range 40 {
		fmt.Fprintf(&b, "f%d() { echo \"$(f%d) $(f%d)\"; }\n", i, i+1, i+1)
	}
	b.WriteString("f0 > /opt/x\ngen() { uuidgen; }\ngen > /opt/y\n")
	if events := walk(t, b.String(), shell.World{}); len(events) == 0 {
		t.Error("nothing was walked")
	}
}
