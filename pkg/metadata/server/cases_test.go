package server_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/metadata/server"
)

// The cases in testdata/cases were recorded from the original server; those in
// testdata/clean say what a server without its bugs answers, and look at the
// neighbourhood of the recorded ones. Both are scripts of requests.
type testCase struct {
	Name  string
	Pins  string
	XFF   bool
	As    map[string]string // clean cases only
	Steps []step
}

type step struct {
	On, Method, Path string
	Headers          headers
	Body             *string
	From             string
	ID               string
	Async            bool
	Await            string
	Disconnect       string
	SleepMS          int  `json:"sleep_ms"`
	RealBug          bool `json:"real_bug"`
	Expect           *expect
}

type expect struct {
	Status     int
	StatusIn   []int `json:"status_in"`
	Headers    map[string]string
	Body       *string
	BodyPrefix string `json:"body_prefix"`
	JSON       json.RawMessage
	Version    *struct {
		Rel string
		To  string
	}
	Held, Answered *bool
}

// headers are an object, or a list of pairs where one name comes twice.
type headers [][2]string

func (h *headers) UnmarshalJSON(b []byte) error {
	m := map[string]string{}
	if json.Unmarshal(b, &m) != nil {
		return json.Unmarshal(b, (*[][2]string)(h))
	}
	for k, v := range m {
		*h = append(*h, [2]string{k, v})
	}
	return nil
}

// How long a held wait must stay held, and how soon an answer that is due must come.
const (
	heldFor = 600 * time.Millisecond
	dueIn   = 3 * time.Second
)

func TestCases(t *testing.T) {
	type outcome struct {
		name   string
		faults []string
	}
	cases := loadCases(t, "testdata/cases", "testdata/clean")
	if len(cases) < 235 {
		t.Fatalf("only %d cases found", len(cases))
	}
	outcomes := make([]outcome, len(cases))
	slots := make(chan struct{}, 32) // most of a case's time is waiting
	var all sync.WaitGroup
	for i, name := range sortedKeys(cases) {
		all.Go(func() {
			slots <- struct{}{}
			outcomes[i] = outcome{name, runCase(cases[name])}
			<-slots
		})
	}
	all.Wait()
	for _, o := range outcomes {
		t.Run(o.name, func(t *testing.T) {
			for _, f := range o.faults {
				t.Errorf("%s: %s", cases[o.name].Pins, f)
			}
		})
	}
}

func loadCases(t *testing.T, dirs ...string) map[string]testCase {
	t.Helper()
	cases := map[string]testCase{}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			var c testCase
			if err := json.Unmarshal(data, &c); err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
			cases[strings.TrimSuffix(strings.TrimPrefix(p, "testdata/"), ".json")] = c
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return cases
}

func sortedKeys(m map[string]testCase) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// answer is what came back.
type answer struct {
	status  int
	header  http.Header
	body    string
	held    bool
	err     error
	version *int64
}

type player struct {
	ports    map[string]string
	versions map[string]int64
	waits    map[string]*openWait
}

type openWait struct {
	conn   net.Conn
	held   bool
	done   chan struct{}
	answer answer
}

func runCase(c testCase) (faults []string) {
	s := server.New(server.Options{TrustForwardedFor: c.XFF, As: c.As})
	data, manage := httptest.NewServer(s.Data()), httptest.NewServer(s.Manage())
	defer manage.Close()
	defer data.Close()
	defer s.Close()
	p := &player{
		ports:    map[string]string{"data": data.Listener.Addr().String(), "manage": manage.Listener.Addr().String()},
		versions: map[string]int64{},
		waits:    map[string]*openWait{},
	}
	for i, st := range c.Steps {
		got, ok := p.play(st)
		if !ok || st.RealBug || st.Expect == nil {
			continue
		}
		for _, f := range p.compare(st.Expect, got) {
			faults = append(faults, fmt.Sprintf("step %d (%s %s %s%s): %s", i+1, st.On, st.Method, st.Path, st.Await, f))
		}
	}
	return faults
}

// play does one step; ok is false if it has no answer of its own.
func (p *player) play(st step) (got answer, ok bool) {
	switch {
	case st.SleepMS > 0:
		time.Sleep(time.Duration(st.SleepMS) * time.Millisecond)
		return got, false
	case st.Disconnect != "":
		p.waits[st.Disconnect].conn.Close()
		return got, false
	case st.Await != "":
		return p.await(st), true
	case st.Async:
		p.waits[st.ID] = p.open(st)
		return got, false
	}
	conn, err := p.send(st)
	if err != nil {
		return answer{err: err}, true
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(8 * time.Second))
	got = receive(conn, st.Method)
	p.remember(st.ID, got)
	return got, true
}

func (p *player) await(st step) answer {
	w := p.waits[st.Await]
	within := dueIn
	if st.Expect != nil && st.Expect.Answered != nil && !*st.Expect.Answered {
		within = heldFor
	}
	select {
	case <-w.done:
		got := w.answer
		got.held = w.held
		p.remember(st.Await, got)
		return got
	case <-time.After(within):
		return answer{held: w.held, err: errUnanswered}
	}
}

var errUnanswered = fmt.Errorf("unanswered")

func (p *player) open(st step) *openWait {
	w := &openWait{done: make(chan struct{})}
	var err error
	if w.conn, err = p.send(st); err != nil {
		w.answer.err = err
		close(w.done)
		return w
	}
	go func() {
		defer close(w.done)
		w.answer = receive(w.conn, st.Method)
		w.conn.Close()
	}()
	select {
	case <-w.done:
	case <-time.After(heldFor):
		w.held = true
	}
	return w
}

// send writes the request as it stands: no cleaning of paths, any method.
func (p *player) send(st step) (net.Conn, error) {
	from := st.From
	if from == "" {
		from = "127.0.0.1"
	}
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := d.Dial("tcp", p.ports[st.On])
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: metadata\r\n", st.Method, p.substitute(st.Path))
	for _, h := range st.Headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	body := ""
	if st.Body != nil {
		body = *st.Body
	}
	if st.Body != nil || st.Method == "POST" || st.Method == "PUT" || st.Method == "PATCH" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	_, err = io.WriteString(conn, b.String()+"\r\n"+body)
	return conn, err
}

func (p *player) substitute(path string) string {
	re := regexp.MustCompile(`\{ver:(\w+?)([+-]\d+)?\}`)
	return re.ReplaceAllStringFunc(path, func(s string) string {
		m := re.FindStringSubmatch(s)
		add, _ := strconv.ParseInt(m[2], 10, 64)
		return strconv.FormatInt(p.versions[m[1]]+add, 10)
	})
}

func receive(conn net.Conn, method string) answer {
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	got := answer{status: resp.StatusCode, header: resp.Header, body: string(body), err: err}
	if v, err := strconv.ParseInt(resp.Header.Get("X-Metad-Version"), 10, 64); err == nil {
		got.version = &v
	}
	return got
}

func (p *player) remember(id string, got answer) {
	if id != "" && got.version != nil {
		p.versions[id] = *got.version
	}
}

func (p *player) compare(want *expect, got answer) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	answered := got.err != errUnanswered
	if want.Held != nil && *want.Held != got.held {
		fault("held = %v", got.held)
	}
	if want.Answered != nil && *want.Answered != answered {
		fault("answered = %v", answered)
	}
	if len(faults) > 0 || want.Answered != nil && !*want.Answered {
		return faults
	}
	if got.err != nil {
		return append(faults, got.err.Error())
	}
	if want.Status != 0 && want.Status != got.status || want.StatusIn != nil && !slices.Contains(want.StatusIn, got.status) {
		fault("status %d, want %d%v", got.status, want.Status, want.StatusIn)
	}
	faults = append(faults, compareHeaders(want.Headers, got.header)...)
	faults = append(faults, compareBody(want, got.body)...)
	if v := want.Version; v != nil {
		if rel := p.relation(got.version, v.To); rel != v.Rel {
			fault("version %s, want %s (to %s)", rel, v.Rel, v.To)
		}
	}
	return faults
}

func (p *player) relation(now *int64, to string) string {
	then, ok := p.versions[to]
	switch {
	case now == nil || !ok:
		return "absent"
	case *now > then:
		return "grew"
	case *now < then:
		return "less"
	default:
		return "equal"
	}
}

func compareHeaders(want map[string]string, got http.Header) (faults []string) {
	squeeze := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "")) }
	for name, v := range want {
		g := got.Get(name)
		if v == "present" && g == "" || v != "present" && squeeze(v) != squeeze(g) {
			faults = append(faults, fmt.Sprintf("%s %q, want %q", name, g, v))
		}
	}
	return faults
}

func compareBody(want *expect, body string) (faults []string) {
	if want.Body != nil && *want.Body != body {
		faults = append(faults, fmt.Sprintf("body %q, want %q", body, *want.Body))
	}
	if !strings.HasPrefix(body, want.BodyPrefix) {
		faults = append(faults, fmt.Sprintf("body %q, want it to begin with %q", body, want.BodyPrefix))
	}
	if want.JSON == nil {
		return faults
	}
	var w, g any
	if err := json.Unmarshal(want.JSON, &w); err != nil {
		return append(faults, "the case itself: "+err.Error())
	}
	if err := json.Unmarshal([]byte(body), &g); err != nil || !reflect.DeepEqual(w, g) {
		faults = append(faults, fmt.Sprintf("JSON %s, want %s", body, want.JSON))
	}
	return faults
}
