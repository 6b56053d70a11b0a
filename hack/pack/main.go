// Command pack compresses the agent's daemon for embedding in appimg:
//
//	go run ./hack/pack PROGRAM FILE.zst|FILE.gz
//
// Zstandard because every docker build unpacks it: gzip takes longer. Gzip
// because machines unpack that: it goes there as it is.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/appimg/appimg/pkg/agent"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: pack PROGRAM FILE.zst|FILE.gz")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func pack(program, file string) error {
	data, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	if strings.HasSuffix(file, ".gz") {
		p, err := agent.NewPacked(data, gzip.BestCompression)
		if err != nil {
			return err
		}
		return renameio.WriteFile(file, p.Gzip, 0o644)
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	return renameio.WriteFile(file, enc.EncodeAll(data, nil), 0o644)
}
