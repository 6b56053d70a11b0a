package seal

import (
	"bytes"
	"context"
	_ "embed" // the script
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/sysdisk"
)

//go:embed seal.sh
var script string

// Finding is one thing that goes, went, or is left.
type Finding struct {
	Operation string `json:"operation"`
	// How is what is done with it: remove, truncate, lines, stop, disable, add;
	// or missing, for something that should be there.
	How  string `json:"how"`
	Path string `json:"path"` // or what it is, where it is no file
	Size int64  `json:"size"` // in bytes
}

// Report is what was found on a machine.
type Report struct {
	Operations []string `json:"operations"` // that were asked for
	// Done is what went, or would go.
	Done []Finding `json:"done"`
	// Residue is what is left of any operation's traces.
	Residue []Finding `json:"residue"`
	Notes   []string  `json:"notes,omitempty"`
}

// statusBusy is the script's exit status where something else is at work on the machine.
const statusBusy = 75

// Plan lists what Run would do. Nothing is written on the machine.
func Plan(ctx context.Context, h kvm.Host, ops []Operation) (*Report, error) {
	r := newReport(ops)
	return r, r.run(ctx, h, kvm.Cmd{Title: "looking for what is to go", ReadOnly: true}, part("=look=", ops))
}

// Verify lists the traces of every operation that are on the machine; those
// that logging in leaves on a sealed machine are not counted. Nothing is written.
func Verify(ctx context.Context, h kvm.Host, ops []Operation) (*Report, error) {
	r := newReport(ops)
	return r, r.run(ctx, h, kvm.Cmd{Title: "looking for residue", ReadOnly: true}, part("=verify=", ops))
}

// Run seals the machine and verifies it, over the one connection: without keys
// there may be no second one. The keys go last, in one step with the
// verification, and that step comes to its end also without the connection.
func Run(ctx context.Context, h kvm.Host, ops []Operation) (*Report, error) {
	r := newReport(ops)
	var first, last []Operation
	for _, op := range ops {
		if op.Last {
			last = append(last, op)
		} else {
			first = append(first, op)
		}
	}
	if err := r.run(ctx, h, kvm.Cmd{Title: "sealing", Again: true}, part("=do=", first)); err != nil {
		return r, err
	}
	err := r.run(ctx, h, kvm.Cmd{Title: "removing keys and verifying"}, part("=do=|keep", last)+part("=verify=", ops))
	var lost *kvm.LostError
	if errors.As(err, &lost) && len(last) > 0 {
		err = diag.WithHint(err, "the last step goes on without the connection; nobody can log in after it, but whether nothing is left is not known: look at the machine's console")
	}
	return r, err
}

func newReport(ops []Operation) *Report {
	r := &Report{Operations: []string{}, Done: []Finding{}, Residue: []Finding{}}
	for _, op := range ops {
		r.Operations = append(r.Operations, op.Name)
	}
	return r
}

// part is the script's input for operations.
func part(what string, ops []Operation) string {
	var b strings.Builder
	b.WriteString(what + "\n")
	for _, op := range ops {
		for _, r := range op.Rules {
			fmt.Fprintf(&b, "%s|%s|%s|%s\n", op.Name, r.How, r.Pattern, r.Arg)
		}
	}
	return b.String()
}

func (r *Report) run(ctx context.Context, h kvm.Host, c kvm.Cmd, input string) error {
	c.Script = "trap '' HUP PIPE\n" + sysdisk.Script + script
	c.Stdin = strings.NewReader(input)
	out, err := h.Run(ctx, c)
	if err == nil {
		err = r.read(out.Stdout)
	}
	switch {
	case kvm.ExitStatus(err) == statusBusy:
		err = diag.WithHint(err, "wait for its end; a change of appimg's that was interrupted is ended by running its command again")
	case err == nil:
		return nil
	}
	return &diag.Error{Op: h.Name() + ": " + c.Title, Err: err}
}

// read takes what the script printed apart.
func (r *Report) read(printed []byte) error {
	lines := strings.Split(strings.TrimSuffix(string(bytes.ToValidUTF8(printed, []byte("?"))), "\n"), "\n")
	if lines[len(lines)-1] != "=end=" {
		return errors.New("the machine's answer has no end")
	}
	list := &r.Done
	for _, line := range lines[:len(lines)-1] {
		switch line {
		case "=verify=":
			list = &r.Residue
			continue
		case "=do=", "=look=":
			list = &r.Done
			continue
		}
		f, ok := parseFinding(line)
		switch {
		case !ok: // the rest of a name that has a line end in it
			continue
		case f.Operation == "note":
			if !slices.Contains(r.Notes, f.Path) {
				r.Notes = append(r.Notes, f.Path)
			}
		case !slices.Contains(*list, f):
			*list = append(*list, f)
		}
	}
	return nil
}

func parseFinding(line string) (Finding, bool) {
	f := strings.SplitN(line, "\t", 4)
	if len(f) != 4 {
		return Finding{}, false
	}
	size, err := strconv.ParseInt(f[2], 10, 64)
	return Finding{Operation: f[0], How: f[1], Size: size, Path: f[3]}, err == nil
}

// Of is the findings of one operation.
func Of(list []Finding, operation string) []Finding {
	var out []Finding
	for _, f := range list {
		if f.Operation == operation {
			out = append(out, f)
		}
	}
	return out
}
