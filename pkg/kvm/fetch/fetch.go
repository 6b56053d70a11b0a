package fetch

import (
	"bytes"
	"context"
	_ "embed" // the script
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
)

//go:embed fetch.sh
var script string

// MaxSize is how large a file may be to be read, in bytes.
const MaxSize = 4 << 20

// Files reads the files at paths, and those below folders among them; links
// are followed. What is not there, is no file or is larger than MaxSize is left
// out.
func Files(ctx context.Context, h kvm.Host, paths ...string) (map[string][]byte, error) {
	const doing = "reading files"
	out, err := h.Run(ctx, kvm.Cmd{
		Title: doing, ReadOnly: true, Script: script, Args: []string{strconv.Itoa(MaxSize)},
		Stdin: strings.NewReader(strings.Join(paths, "\n") + "\n"),
	})
	var files map[string][]byte
	if err == nil {
		files, err = Parse(out.Stdout)
	}
	if err != nil {
		return nil, &diag.Error{Op: h.Name() + ": " + doing, Err: err}
	}
	return files, nil
}

// Parse reads what the script prints: "=file= SIZE PATH" before each file's
// bytes, a line end after them, "=end=" at last.
func Parse(printed []byte) (map[string][]byte, error) {
	out := map[string][]byte{}
	for rest := printed; ; {
		line, after, ok := bytes.Cut(rest, []byte("\n"))
		if !ok {
			return nil, errors.New("the machine's answer has no end")
		}
		if string(line) == "=end=" {
			return out, nil
		}
		f := strings.SplitN(string(line), " ", 3)
		if len(f) != 3 || f[0] != "=file=" {
			return nil, fmt.Errorf("the machine answered %q for a file", line)
		}
		n, err := strconv.Atoi(f[1])
		if err != nil || n < 0 || n >= len(after) || after[n] != '\n' {
			return nil, fmt.Errorf("%q changed while it was read", f[2])
		}
		out[f[2]], rest = after[:n:n], after[n+1:]
	}
}
