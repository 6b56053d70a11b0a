// Command hold has a file open, as programs of Windows do, until its standard
// input ends: nobody can replace the file meanwhile.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	f, err := os.Open(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer f.Close()
	fmt.Println("open")
	_, _ = io.Copy(io.Discard, os.Stdin)
}
