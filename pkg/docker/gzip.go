package docker

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"runtime"
	"sync"

	"github.com/klauspost/compress/flate"
)

const (
	// gzipBlock is how much one worker compresses at a time, in bytes. It is
	// part of the format: another size gives other digests.
	gzipBlock = 1 << 20
	gzipLevel = 2
	// gzipFormat names the way layers are compressed, for cache keys.
	gzipFormat = "gzip-2-1m"
)

// gzipWriter compresses blocks in parallel into one gzip member. What it writes
// depends on the data alone: not on the number of processors, nor on how the
// data is cut into writes.
type gzipWriter struct {
	w     io.Writer
	block []byte
	crc   uint32
	size  uint32

	jobs   chan chan []byte // results in order
	free   chan struct{}    // one token per busy worker
	pool   sync.Pool
	done   chan struct{}
	mu     sync.Mutex
	failed error
}

func newGzipWriter(w io.Writer) *gzipWriter {
	n := runtime.GOMAXPROCS(0)
	z := &gzipWriter{
		w: w, block: make([]byte, 0, gzipBlock),
		jobs: make(chan chan []byte, n), free: make(chan struct{}, n), done: make(chan struct{}),
	}
	z.pool.New = func() any {
		// The only error is a level out of range.
		fw, _ := flate.NewWriter(nil, gzipLevel)
		return fw
	}
	go z.drain()
	return z
}

// drain writes finished blocks in order: the header first, no name, no time.
func (z *gzipWriter) drain() {
	defer close(z.done)
	z.put([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff})
	for job := range z.jobs {
		z.put(<-job)
	}
}

func (z *gzipWriter) put(b []byte) {
	if z.err() != nil {
		return
	}
	if _, err := z.w.Write(b); err != nil {
		z.mu.Lock()
		z.failed = err
		z.mu.Unlock()
	}
}

func (z *gzipWriter) err() error {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.failed
}

// Write takes data; an error of the underlying writer shows at a later call.
func (z *gzipWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		k := min(len(p), gzipBlock-len(z.block))
		z.block = append(z.block, p[:k]...)
		p = p[k:]
		if len(z.block) == gzipBlock {
			z.send(false)
		}
	}
	return n, z.err()
}

// send hands the block to a worker. A block that is not the last ends on a byte
// boundary, so that the next one simply follows.
func (z *gzipWriter) send(last bool) {
	block := z.block
	z.block = make([]byte, 0, gzipBlock)
	z.crc = crc32.Update(z.crc, crc32.IEEETable, block)
	z.size += uint32(len(block))
	job := make(chan []byte, 1)
	z.free <- struct{}{}
	z.jobs <- job
	go func() {
		defer func() { <-z.free }()
		job <- z.deflate(block, last)
	}()
}

func (z *gzipWriter) deflate(block []byte, last bool) []byte {
	out := sliceWriter(make([]byte, 0, len(block)/2+64))
	fw := z.pool.Get().(*flate.Writer)
	defer z.pool.Put(fw)
	fw.Reset(&out)
	// A sliceWriter never fails, so these do not either.
	_, _ = fw.Write(block)
	if last {
		_ = fw.Close()
	} else {
		_ = fw.Flush()
	}
	return out
}

// Close ends the stream and waits until all is written.
func (z *gzipWriter) Close() error {
	z.send(true)
	close(z.jobs)
	<-z.done
	var tail [8]byte
	binary.LittleEndian.PutUint32(tail[:4], z.crc)
	binary.LittleEndian.PutUint32(tail[4:], z.size)
	z.put(tail[:])
	return z.err()
}

type sliceWriter []byte

func (s *sliceWriter) Write(p []byte) (int, error) {
	*s = append(*s, p...)
	return len(p), nil
}
