package server_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"
)

// The figures to compare with are QingCloud's own server's on a machine of two
// cores (platform.md, section 9), 16 connections: 1,200 answers a second of a
// 100-node /self (16 KB, p99 98 ms), 11,000 of a leaf, 257 MB.

func BenchmarkSelfOf100Nodes(b *testing.B) { benchmarkGet(b, "/self", "application/json") }
func BenchmarkSelfAsText(b *testing.B)     { benchmarkGet(b, "/self", "text/plain") }
func BenchmarkLeaf(b *testing.B)           { benchmarkGet(b, "/self/env/port", "application/json") }

func benchmarkGet(b *testing.B, path, accept string) {
	s := cluster(b, 1, 100)
	if err := s.MergeMapping("/127.0.0.1", s.Mapping("/"+address(0, 0))); err != nil {
		b.Fatal(err)
	}
	srv := httptest.NewServer(s.Data())
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16, MaxConnsPerHost: 16}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, srv.URL+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Accept", accept)
	b.SetParallelism(8) // 16 connections on two cores
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			resp, err := client.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			n, _ := io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			b.SetBytes(n)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
}

// The server's own part of it, without HTTP.
func BenchmarkHandlerSelf(b *testing.B) {
	s := cluster(b, 1, 100)
	h := s.Data()
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(&discard{header: http.Header{}}, request(context.Background(), address(0, 1), "/self"))
	}
}

// After every change the view has to be put together anew.
func BenchmarkHandlerSelfAfterChange(b *testing.B) {
	s := cluster(b, 1, 100)
	h := s.Data()
	i := 0
	for b.Loop() {
		i++
		if err := s.MergeData("/clusters/cl-0/hosts/i-00000005/ip", strconv.Itoa(i)); err != nil {
			b.Fatal(err)
		}
		h.ServeHTTP(&discard{header: http.Header{}}, request(context.Background(), address(0, 1), "/self"))
	}
}

// A write while 10,000 others wait costs what it wakes: here one.
func BenchmarkWriteAmong10000Waits(b *testing.B) {
	s := cluster(b, 100, 100)
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	h := s.Data()
	wait := func(c, n int) {
		go h.ServeHTTP(&discard{header: http.Header{}}, request(ctx, address(c, n), "/self?wait=true"))
	}
	for c := range 100 {
		for n := range 100 {
			wait(c, n)
		}
	}
	for s.Waiting() < 10000 {
		time.Sleep(time.Millisecond)
	}
	i := 0
	for b.Loop() {
		i++
		if err := s.MergeData("/clusters/cl-3/cmd/i-00000004/id", strconv.Itoa(i)); err != nil {
			b.Fatal(err)
		}
		if i == 1 {
			for s.Waiting() != 9999 {
				time.Sleep(time.Millisecond)
			}
		}
	}
}
