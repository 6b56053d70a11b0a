package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// start measures the size and the start-up time of the binaries.
func (b *bench) start() error {
	title("Binaries")
	files := []string{b.bin("appimg"), b.bin("confd"),
		b.bin("confd-linux-arm64")}
	for _, f := range files {
		st, err := os.Stat(f)
		if err != nil {
			return err
		}
		fmt.Printf("  %-44s %9.1f MB\n", filepath.Base(filepath.Dir(f))+"/"+filepath.Base(f), float64(st.Size())/1e6)
	}
	for _, cmd := range [][]string{{b.bin("appimg"), "version"}, {b.bin("confd"), "-version"}} {
		d, err := b.median(func(int) (time.Duration, error) {
			return timed(func() error { return b.sh(nil, cmd[0], cmd[1:]...) })
		})
		if err != nil {
			return err
		}
		row(filepath.Base(cmd[0])+" "+cmd[1], d, 0)
	}
	return nil
}
