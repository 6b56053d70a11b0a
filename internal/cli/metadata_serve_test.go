package cli

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/metadata/server"
	"github.com/appimg/appimg/pkg/scaffold"
	"github.com/appimg/appimg/templates"
)

func TestMetadataServe(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	in, out := io.Pipe()
	code := make(chan int, 1)
	go func() {
		args := []string{"metadata", "serve", "--listen", "127.0.0.1:0", "--manage", "127.0.0.1:0", "--as", "10.0.0.1"}
		code <- Run(ctx, args, Streams{In: strings.NewReader(""), Out: io.Discard, Err: out}, Build{})
		out.Close()
	}()
	lines := bufio.NewScanner(in)
	nodes, operator := urlIn(t, lines), urlIn(t, lines)
	go io.Copy(io.Discard, in)

	send(t, http.MethodPut, operator+"mapping/10.0.0.1", `{"env":"/env"}`)
	send(t, http.MethodPut, operator+"data/env/port", `6379`)
	if got := send(t, http.MethodGet, nodes+"/env/port", ""); got != "6379" {
		t.Errorf("port = %q", got)
	}
	stop()
	if got := <-code; got != exitInterrupted {
		t.Errorf("exit code %d", got)
	}
}

// urlIn is the next address that the lines tell.
func urlIn(t *testing.T, lines *bufio.Scanner) string {
	t.Helper()
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "http://"); ok {
			return "http://" + url
		}
	}
	t.Fatal("no more lines")
	return ""
}

func send(t *testing.T, method, url, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s %v", method, url, resp.StatusCode, b, err)
	}
	return string(b)
}

func TestMetadataServeRefusals(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		args string
		code int
		says []string
	}{
		{"--listen 127.0.0.1", exitUsage, []string{`--listen "127.0.0.1"`, "missing port", "hint: an address is HOST:PORT"}},
		{"--listen " + taken.Addr().String(), exitUnfinished, []string{"address already in use", "hint: --listen 127.0.0.1:0"}},
		{"--listen 127.0.0.1:0 --manage " + taken.Addr().String(), exitUnfinished, []string{"address already in use", "hint: --manage 127.0.0.1:0"}},
		{"--as zk/1", exitUsage, []string{`--as "zk/1"`, "hint: --dir DIR"}},
		{"--count 3", exitUsage, []string{"no appimg.toml"}},
		{"--dir nowhere", exitUsage, []string{`"nowhere"`}},
		{"--as x=10.0.0.1", exitUsage, []string{`--as "x=10.0.0.1"`, "hint: --as NODE"}},
		{"--listen=", exitUsage, []string{"--listen: an address is required"}},
		{"extra arguments", exitUsage, []string{`unexpected argument "extra"`}},
	} {
		var errs strings.Builder
		args := append([]string{"metadata", "serve"}, strings.Fields(c.args)...)
		if code := Run(t.Context(), args, Streams{Out: io.Discard, Err: &errs}, Build{}); code != c.code {
			t.Errorf("%s: exit code %d, want %d", c.args, code, c.code)
		}
		for _, want := range c.says {
			if !strings.Contains(errs.String(), want) {
				t.Errorf("%s: said %q, want %q in it", c.args, errs.String(), want)
			}
		}
	}
}

func TestParseAs(t *testing.T) {
	got, err := parseAs([]string{"10.0.0.1", "127.0.0.2=10.0.0.2", "::ffff:127.0.0.3=10.0.0.3"}, nil)
	want := map[string]string{"127.0.0.1": "10.0.0.1", "::1": "10.0.0.1", "127.0.0.2": "10.0.0.2", "127.0.0.3": "10.0.0.3"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("parseAs = %v, %v", got, err)
	}
}

// scaffolded is a project made from a preset.
func scaffolded(t *testing.T, preset string) string {
	t.Helper()
	files, err := scaffold.Files(templates.FS(), preset, scaffold.Project{Name: "demo", Type: scaffold.Docker})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "demo")
	if err := scaffold.Create(t.Context(), dir, files, false); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What the server gives a node is what metadata show and render say it sees.
func TestServedSelfIsTheClusters(t *testing.T) {
	for _, preset := range []string{"zookeeper", "redis", "nextcloud", "blank"} {
		d := newDeps(Streams{Out: io.Discard, Err: io.Discard}, Build{})
		p, err := (&topologyFlags{dir: scaffolded(t, preset)}).open(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		s := server.New(server.Options{})
		if err := fill(s, p.cluster); err != nil {
			t.Fatal(err)
		}
		for _, n := range p.cluster.Nodes {
			got, _ := s.Self(n.IP)
			want := withoutEmpty(p.cluster.Self(n))
			delete(want, "cmd") // the operator sends commands
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s:\ngot  %v\nwant %v", preset, n.Name(), got, want)
			}
		}
	}
}

// withoutEmpty is v as the server has it: empty directories leave no trace.
func withoutEmpty(v map[string]any) map[string]any {
	out := map[string]any{}
	for k, item := range v {
		if m, ok := item.(map[string]any); ok {
			if m = withoutEmpty(m); len(m) > 0 {
				out[k] = m
			}
			continue
		}
		out[k] = item
	}
	return out
}

func TestMetadataServeOfAProject(t *testing.T) {
	dir := scaffolded(t, "zookeeper")
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	in, out := io.Pipe()
	code := make(chan int, 1)
	go func() {
		args := []string{"metadata", "serve", "-C", dir, "--count", "3", "--set", "env.tickTime=2345", "--listen", "127.0.0.1:0", "--manage=", "--as", "/3"}
		code <- Run(ctx, args, Streams{In: strings.NewReader(""), Out: io.Discard, Err: out}, Build{})
		out.Close()
	}()
	nodes := urlIn(t, bufio.NewScanner(in))
	go io.Copy(io.Discard, in)
	if got := send(t, http.MethodGet, nodes+"/host/sid", ""); got != "3" {
		t.Errorf("sid of the third node = %q", got)
	}
	if got := strings.Count(send(t, http.MethodGet, nodes+"/hosts", ""), "/ip\t"); got != 3 {
		t.Errorf("%d hosts", got)
	}
	if got := send(t, http.MethodGet, nodes+"/env/tickTime", ""); got != "2345" {
		t.Errorf("tickTime = %q", got)
	}
	stop()
	if got := <-code; got != exitInterrupted {
		t.Errorf("exit code %d", got)
	}
}
