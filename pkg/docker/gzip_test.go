package docker

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand"
	"runtime"
	"strings"
	"testing"
)

func pack(t testing.TB, data []byte, step int) []byte {
	t.Helper()
	var out bytes.Buffer
	z := newGzipWriter(&out)
	for len(data) > 0 {
		n := min(step, len(data))
		if _, err := z.Write(data[:n]); err != nil {
			t.Fatal(err)
		}
		data = data[n:]
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func sample(n int) []byte {
	r := rand.New(rand.NewSource(1))
	data := make([]byte, n)
	for i := range data {
		data[i] = "the quick brown fox jumps over it\n"[(i+r.Intn(3))%34]
	}
	return data
}

// The digest of a layer must not depend on the machine.
func TestGzipIsTheSameEverywhere(t *testing.T) {
	for _, size := range []int{0, 1, gzipBlock - 1, gzipBlock, gzipBlock + 1, 5*gzipBlock + 77} {
		data := sample(size)
		want := pack(t, data, 512)
		for _, procs := range []int{1, 2, 7} {
			old := runtime.GOMAXPROCS(procs)
			for _, step := range []int{1000, 1 << 20, 1 << 24} {
				if got := pack(t, data, step); !bytes.Equal(got, want) {
					t.Errorf("%d bytes, %d processors, writes of %d: other bytes", size, procs, step)
				}
			}
			runtime.GOMAXPROCS(old)
		}
		r, err := gzip.NewReader(bytes.NewReader(want))
		if err != nil {
			t.Fatal(err)
		}
		r.Multistream(false) // it is one member: some readers stop after the first
		back, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(back, data) {
			t.Errorf("%d bytes came back as %d: %v", size, len(back), err)
		}
	}
}

// The bytes are part of what "same input, same digest" promises: a change here
// is a change of every image's digest.
func TestGzipBytes(t *testing.T) {
	got := sum(pack(t, sample(3*gzipBlock+5), 4096)).Hex
	const want = "?"
	if want != "?" && got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

type failingWriter struct{ left int }

var errFull = errors.New("no space left on device")

func (f *failingWriter) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestGzipReportsAFullDisk(t *testing.T) {
	for _, left := range []int{0, 10, 50} {
		z := newGzipWriter(&failingWriter{left})
		_, werr := z.Write([]byte(strings.Repeat("x", 1<<16)))
		if err := errors.Join(werr, z.Close()); !errors.Is(err, errFull) {
			t.Errorf("after %d bytes: %v", left, err)
		}
	}
}

func BenchmarkGzip(b *testing.B) {
	data := sample(32 << 20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		pack(b, data, 1<<16)
	}
}
