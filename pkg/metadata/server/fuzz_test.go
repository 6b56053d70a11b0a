package server_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gopkg.in/yaml.v2"

	"github.com/appimg/appimg/pkg/metadata/server"
)

func manageRequest(method, uri, body string) *http.Request {
	r := httptest.NewRequest(method, "/", strings.NewReader(body))
	u, err := url.ParseRequestURI(uri)
	if err != nil {
		u = &url.URL{Path: uri}
	}
	r.URL = u
	r.RemoteAddr = "127.0.0.1:4000"
	return r
}

// read asks either port in one of the formats; waits end at once.
func read(h http.Handler, uri, accept string) *httptest.ResponseRecorder {
	r := manageRequest(http.MethodGet, uri, "")
	r.Header.Set("Accept", accept)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

// FuzzManage sends any body to any path of the operator's port: each request is
// answered, and what is then there reads the same in JSON and YAML.
func FuzzManage(f *testing.F) {
	for _, body := range []string{
		`{"a":{"x":"1","y":["b",{"c":null}]},"":"e","/q//":1e3,"../up":true}`, `"leaf"`, `5`, `null`, `[[],{}]`, `{"a":`, `{} x`,
		`{"127.0.0.1":{"env":"/a","n":{"m":"/b/../c"}}}`, `{"127.0.0.1":[{"path":"/*/x","mode":1},{"path":"a","mode":-1}]}`, `{"9":"\u0000\ud800<>","10":"~"}`,
	} {
		for i, uri := range []string{"/v1/data", "/v1/data/a/b?subs=x,", "/v1/mapping", "/v1/mapping/127.0.0.1/env", "/v1/rule?hosts=127.0.0.1", "/v1//data/..", "/health"} {
			f.Add(uint8(i), uri, body)
		}
	}
	f.Fuzz(func(t *testing.T, how uint8, uri, body string) {
		s := server.New(server.Options{MaxBody: 1 << 20})
		if err := s.SetMapping(map[string]any{"127.0.0.1": map[string]any{"all": "/", "x": "/a/x"}}); err != nil {
			t.Fatal(err)
		}
		if err := s.MergeData("/a", map[string]any{"x": "1", "d": map[string]any{"e": "2"}}); err != nil {
			t.Fatal(err)
		}
		for _, method := range []string{"PUT", "POST", "DELETE", "PUT"}[how%4:] {
			rec := httptest.NewRecorder()
			s.Manage().ServeHTTP(rec, manageRequest(method, uri, body))
			if rec.Code < 200 || rec.Code > 599 {
				t.Fatalf("%s: status %d", method, rec.Code)
			}
		}
		for _, uri := range []string{"/v1/data", "/v1/mapping"} {
			sameInAllFormats(t, s.Manage(), uri)
		}
		sameInAllFormats(t, s.Data(), "/")
		sameInAllFormats(t, s.Data(), "/self")
	})
}

func sameInAllFormats(t *testing.T, h http.Handler, uri string) {
	t.Helper()
	asJSON, asYAML, asText := read(h, uri, "application/json"), read(h, uri, "text/yaml"), read(h, uri, "")
	if asJSON.Code != asYAML.Code || asJSON.Code != asText.Code {
		t.Fatalf("%s: %d in JSON, %d in YAML, %d in text", uri, asJSON.Code, asYAML.Code, asText.Code)
	}
	if asJSON.Code != http.StatusOK {
		return
	}
	var j, y map[string]any
	if err := json.Unmarshal(asJSON.Body.Bytes(), &j); err != nil {
		t.Fatalf("%s: %v: %s", uri, err, asJSON.Body)
	}
	if err := yaml.Unmarshal(asYAML.Body.Bytes(), &y); err != nil {
		t.Fatalf("%s: %v: %s", uri, err, asYAML.Body)
	}
	if l := leaves(j); l != leaves(y) {
		t.Fatalf("%s: %d leaves in JSON %s, not in YAML %s", uri, l, asJSON.Body, asYAML.Body)
	}
	if l := leaves(j); strings.Count(asText.Body.String(), "\t") < l {
		t.Fatalf("%s: %d leaves, text %q", uri, l, asText.Body)
	}
}

func leaves(v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		for _, kid := range v {
			n += leaves(kid)
		}
	case map[any]any:
		for _, kid := range v {
			n += leaves(kid)
		}
	default:
		return 1
	}
	return n
}

// FuzzData asks for any path with any Accept header: each request is answered.
func FuzzData(f *testing.F) {
	for _, uri := range []string{"/", "/self/all/a?pretty=1", "//self", "/a/%2e%2e/b", "/self/x/y?wait=true&prev_version=1", "/%ff?%zz", "/favicon.ico", "*", ""} {
		for _, accept := range []string{"application/json", "text/*;q=0.1, */*", "Application/YAML;v=1;q=1.000", ";q=0,,"} {
			f.Add(uri, accept)
		}
	}
	f.Fuzz(func(t *testing.T, uri, accept string) {
		s := cluster(t, 1, 1)
		if err := s.SetMapping(map[string]any{"127.0.0.1": map[string]any{"all": "/", "x": "/a/../clusters"}}); err != nil {
			t.Fatal(err)
		}
		s.Close() // a wait ends at once
		defer func() {
			if r := recover(); r != nil && r != http.ErrAbortHandler {
				panic(r)
			}
		}()
		rec := read(s.Data(), uri, accept)
		if rec.Code != http.StatusOK && rec.Code != http.StatusMovedPermanently && rec.Code != http.StatusNotFound {
			t.Fatalf("status %d", rec.Code)
		}
		if to := rec.Header().Get("Location"); rec.Code == http.StatusMovedPermanently && strings.HasPrefix(to, "//") {
			t.Fatalf("redirected to another host: %s", to)
		}
		if upper := read(s.Data(), uri, strings.ToUpper(accept)); upper.Header().Get("Content-Type") != rec.Header().Get("Content-Type") {
			t.Fatalf("the letter case of %q matters", accept)
		}
	})
}
