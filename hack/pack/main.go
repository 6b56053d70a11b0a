// Command pack compresses the agent's daemon for embedding in appimg:
//
//	go run ./hack/pack PROGRAM FILE.zst
//
// Zstandard because every docker build unpacks it: gzip takes five times as long.
package main

import (
	"fmt"
	"os"

	"github.com/google/renameio/v2"
	"github.com/klauspost/compress/zstd"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: pack PROGRAM FILE.zst")
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
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	return renameio.WriteFile(file, enc.EncodeAll(data, nil), 0o644)
}
