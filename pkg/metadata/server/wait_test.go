package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/metadata/server"
)

// cluster is a server with so many clusters of so many nodes each; node n of
// cluster c asks from address(c, n).
func cluster(t testing.TB, clusters, nodes int) *server.Server {
	t.Helper()
	s := server.New(server.Options{})
	data, mapping := map[string]any{}, map[string]any{}
	for c := range clusters {
		hosts, cmds := map[string]any{}, map[string]any{}
		id := fmt.Sprintf("/clusters/cl-%d", c)
		for n := range nodes {
			host := fmt.Sprintf("i-%08d", n)
			hosts[host] = hostKeys(c, n)
			cmds[host] = map[string]any{"id": "c-1", "cmd": "start"}
			mapping[address(c, n)] = map[string]any{
				"host": id + "/hosts/" + host, "hosts": id + "/hosts", "env": id + "/env",
				"cluster": id + "/cluster", "cmd": id + "/cmd/" + host, "adding-hosts": id + "/adding-hosts",
			}
		}
		data[fmt.Sprintf("cl-%d", c)] = map[string]any{"hosts": hosts, "cmd": cmds,
			"env": map[string]any{"port": "6379", "name": "alpha"}, "cluster": map[string]any{"vxnet": "vxnet-1", "app_id": "app-1"}}
	}
	if err := errors.Join(s.MergeData("/clusters", data), s.SetMapping(mapping)); err != nil {
		t.Fatal(err)
	}
	return s
}

func address(c, n int) string { return fmt.Sprintf("10.%d.%d.%d", c, n/250, n%250+1) }

func hostKeys(c, n int) map[string]any {
	return map[string]any{
		"ip": address(c, n), "sid": strconv.Itoa(n + 1), "gid": "1", "gsid": "123456789", "node_id": fmt.Sprintf("cln-%08d", n),
		"cpu": "2", "memory": "4096", "role": "master", "volume_size": "20", "zone": "pek3",
	}
}

// discard is a client in this process that throws its answer away.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

func request(ctx context.Context, addr, uri string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	r.RemoteAddr = addr + ":4000"
	r.Header.Set("Accept", "application/json")
	return r
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// manyWaits are long polls of all nodes of a server made by cluster.
type manyWaits struct {
	answered atomic.Int64
	leave    func()
	gone     sync.WaitGroup
}

func openWaits(t *testing.T, s *server.Server, clusters, nodes int) *manyWaits {
	t.Helper()
	ctx, leave := context.WithCancel(context.Background())
	m := &manyWaits{leave: leave}
	h := s.Data()
	for i := range clusters * nodes {
		m.gone.Go(func() {
			w := &discard{header: http.Header{}}
			h.ServeHTTP(w, request(ctx, address(i/nodes, i%nodes), "/self?wait=true"))
			if w.status == http.StatusOK {
				m.answered.Add(1)
			}
		})
	}
	eventually(t, "all wait", func() bool { return s.Waiting() == clusters*nodes })
	return m
}

// With 10,000 waits open a change wakes the nodes of its cluster and nobody
// else, soon; clients that go leave nothing behind.
func TestTenThousandWaits(t *testing.T) {
	const clusters, nodes = 100, 100
	s := cluster(t, clusters, nodes)
	before := heap()
	first := openWaits(t, s, clusters, nodes)
	t.Logf("%d KB per wait, sockets apart", (heap()-before)/clusters/nodes/1024)
	first.leave()
	first.gone.Wait()
	goroutines, memory := runtime.NumGoroutine(), heap() // with what the runtime and the server keep for clients once seen

	m := openWaits(t, s, clusters, nodes)
	start := time.Now()
	if err := s.MergeData("/clusters/cl-7/env", map[string]any{"port": "1"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "one cluster is answered", func() bool { return m.answered.Load() == nodes })
	t.Logf("%d waits woken and answered in %v", nodes, time.Since(start))
	if err := s.MergeData("/clusters/cl-8/cmd/i-00000003", map[string]any{"id": "c-2"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "one node is answered", func() bool { return m.answered.Load() >= nodes+1 })
	time.Sleep(20 * time.Millisecond)
	if got := m.answered.Load(); got != nodes+1 || s.Waiting() != clusters*nodes-nodes-1 {
		t.Errorf("%d answered, %d still wait", got, s.Waiting())
	}
	m.leave()
	m.gone.Wait()
	if got := m.answered.Load(); got != nodes+1 || s.Waiting() != 0 {
		t.Errorf("%d answered, %d still wait", got, s.Waiting())
	}
	if left := runtime.NumGoroutine() - goroutines; left > 2 {
		t.Errorf("%d goroutines are left", left)
	}
	if left := heap() - memory; left > 2<<20 {
		t.Errorf("%d KB are left", left/1024)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// The same over sockets, as many as may be open: clients that go away without
// a word are noticed.
func TestSocketWaits(t *testing.T) {
	waits := 2000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if most := int(limit.Cur)/2 - 200; waits > most { // both ends are in this process
		waits = most
	}
	s, addr := listening(t, server.Options{})
	conns := make([]net.Conn, waits)
	for i := range conns {
		conns[i] = dial(t, addr)
		fmt.Fprint(conns[i], "GET /self/env?wait=true HTTP/1.1\r\nHost: m\r\n\r\n")
	}
	eventually(t, "all wait", func() bool { return s.Waiting() == waits })
	for _, c := range conns[:waits/2] {
		c.Close()
	}
	eventually(t, "the gone are noticed", func() bool { return s.Waiting() == waits-waits/2 })
	start := time.Now()
	if err := s.MergeData("/env", map[string]any{"port": "2"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range conns[waits/2:] {
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(resp.Body); string(body) != "/port\t2\n" {
			t.Fatalf("answered %q", body)
		}
		c.Close()
	}
	t.Logf("%d answers in %v", waits-waits/2, time.Since(start))
	eventually(t, "nobody waits", func() bool { return s.Waiting() == 0 })
}

// listening is a server on loopback whose only client, 127.0.0.1, has /env.
func listening(t *testing.T, o server.Options) (s *server.Server, addr string) {
	t.Helper()
	s = server.New(o)
	if err := errors.Join(s.MergeData("/env", map[string]any{"port": "1"}),
		s.SetMapping(map[string]any{"127.0.0.1": map[string]any{"env": "/env"}})); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l, nil, nil) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return s, l.Addr().String()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// From a change to its answer it is a few milliseconds, not the original's 100.
func TestLatency(t *testing.T) {
	s, addr := listening(t, server.Options{})
	c := dial(t, addr)
	in := bufio.NewReader(c)
	var took []time.Duration
	for i := range 20 {
		fmt.Fprint(c, "GET /self/env?wait=true HTTP/1.1\r\nHost: m\r\n\r\n")
		eventually(t, "it waits", func() bool { return s.Waiting() == 1 })
		start := time.Now()
		if err := s.MergeData("/env", map[string]any{"port": i + 10}); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	t.Logf("median %v, worst %v", took[10], took[19])
	if took[10] > 50*time.Millisecond {
		t.Errorf("the median answer took %v", took[10])
	}
}

func TestSettleMakesABurstOneAnswer(t *testing.T) {
	s := server.New(server.Options{Settle: 50 * time.Millisecond})
	if err := s.SetMapping(map[string]any{"10.0.0.1": map[string]any{"env": "/env"}}); err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Data().ServeHTTP(rec, request(t.Context(), "10.0.0.1", "/self/env?wait=true"))
	}()
	eventually(t, "it waits", func() bool { return s.Waiting() == 1 })
	for i := range 10 {
		if err := s.MergeData("/env", map[string]any{"n" + strconv.Itoa(i): "1"}); err != nil {
			t.Fatal(err)
		}
	}
	<-done
	if got := strings.Count(rec.Body.String(), ":"); got != 10 {
		t.Errorf("the answer has %d of the 10 changes: %s", got, rec.Body)
	}
}

// Clients that wait with the version of what they have lose no change, see no
// half of one, and never go back, however fast changes come.
func TestNoChangeIsLost(t *testing.T) {
	const clients, writes = 8, 300
	s := server.New(server.Options{})
	write := func(i int) {
		n := strconv.Itoa(i)
		if err := s.MergeData("/env", map[string]any{"a": n, "b": n}); err != nil {
			t.Error(err)
		}
	}
	write(0)
	if err := s.SetMapping(map[string]any{"10.0.0.1": map[string]any{"env": "/env"}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var all sync.WaitGroup
	for range clients {
		all.Go(func() { followUntil(ctx, t, s.Data(), writes) })
	}
	for i := range writes {
		write(i + 1)
		if i%7 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	all.Wait()
}

func followUntil(ctx context.Context, t *testing.T, h http.Handler, last int) {
	version, seen := "1", -1 // made up, as QingCloud's confd does: answered at once
	for seen < last {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, request(ctx, "10.0.0.1", "/self/env?wait=true&prev_version="+version))
		var a, b int
		if _, err := fmt.Sscanf(strings.ReplaceAll(rec.Body.String(), `"`, ""), "{a:%d,b:%d}", &a, &b); err != nil {
			t.Errorf("after %d of %d: %q: %v", seen, last, rec.Body, err)
			return
		}
		if a != b || a <= seen {
			t.Errorf("after %d: a = %d, b = %d", seen, a, b)
		}
		seen, version = a, rec.Header().Get("X-Metad-Version")
	}
}

// A client that does not take its answer loses its connection.
func TestSlowClient(t *testing.T) {
	s, addr := listening(t, server.Options{WriteTimeout: 200 * time.Millisecond})
	if err := s.MergeData("/env", map[string]any{"big": strings.Repeat("x", 16<<20)}); err != nil {
		t.Fatal(err)
	}
	answered := func() {
		t.Helper()
		resp, err := http.Get("http://" + addr + "/self/env/port")
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(resp, err)
		}
		resp.Body.Close()
	}
	answered() // all of the server has begun then
	http.DefaultClient.CloseIdleConnections()
	before := settled()
	slow := dial(t, addr)
	fmt.Fprint(slow, "GET /self HTTP/1.1\r\nHost: m\r\n\r\n")
	one := make([]byte, 1)
	if _, err := io.ReadFull(slow, one); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	answered() // others are not held up
	if took := time.Since(start); took > time.Second {
		t.Errorf("another client waited %v", took)
	}
	time.Sleep(300 * time.Millisecond)
	if n, err := io.Copy(io.Discard, slow); n >= 16<<20 {
		t.Errorf("%d bytes came late: %v", n, err)
	}
	http.DefaultClient.CloseIdleConnections()
	eventually(t, "the connection is given up", func() bool { return runtime.NumGoroutine() <= before })
}

// settled is how many goroutines there are once none has ended for a while.
func settled() int {
	for n := runtime.NumGoroutine(); ; {
		time.Sleep(50 * time.Millisecond)
		now := runtime.NumGoroutine()
		if now >= n {
			return now
		}
		n = now
	}
}

// Serve ends within a second, waits or not, and says nothing to those who wait.
func TestServeEnds(t *testing.T) {
	s := cluster(t, 1, 2)
	nodes, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	operator, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, nodes, operator, nil) }()
	wait := dial(t, nodes.Addr().String())
	fmt.Fprint(wait, "GET /clusters?wait=true HTTP/1.1\r\nHost: m\r\n\r\n")
	idle := dial(t, operator.Addr().String())
	fmt.Fprint(idle, "GET /heal") // a request that never ends
	eventually(t, "it waits", func() bool { return s.Waiting() == 1 })
	start := time.Now()
	stop()
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("the end took %v", took)
	}
	if b, err := io.ReadAll(wait); len(b) > 0 {
		t.Errorf("the wait was answered %q, %v", b, err)
	}
	again, err := net.Listen("tcp", nodes.Addr().String())
	if err != nil {
		t.Fatalf("the port is still taken: %v", err)
	}
	again.Close()
}
