package audit

import (
	"cmp"
	"context"
	_ "embed" // the script
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
)

//go:embed writers.sh
var writersScript string

// Start is where an audit begins.
type Start struct {
	snapshot *Snapshot // nil: what appimg installed last
}

// SinceInstall begins when appimg last installed something on the machine.
func SinceInstall() Start { return Start{} }

// Since begins with a snapshot, which also tells new files from changed ones.
func Since(s *Snapshot) Start { return Start{s} }

// Options say what is known of the app.
type Options struct {
	// Mounts are where the role's volumes are mounted; nil is not known, and
	// then those that the machine has count.
	Mounts []string
}

// File is a file that was written.
type File struct {
	Path     string    `json:"path"`
	Size     int64     `json:"size"` // in bytes
	Modified time.Time `json:"modified"`
	Change   string    `json:"change,omitempty"` // "new" or "changed", against a snapshot
	Owner    string    `json:"owner"`            // the user whose it is
	// Writers are the processes that have it open for writing: "redis-server (812)".
	Writers []string `json:"writers,omitempty"`
	Package string   `json:"package,omitempty"` // that it is of
	// Volume is the mount point of the volume that it should be on; "" where
	// none is known.
	Volume string `json:"volume,omitempty"`
}

// Report is what was written to the system disk.
type Report struct {
	Since time.Time `json:"since"` // by the machine's clock
	Files []File    `json:"files"` // the largest first
	// Ignored counts what was written and is no data of the app's: the
	// agent's, the pairs', the system's own, pid files, caches.
	Ignored int      `json:"ignored"`
	Volumes []string `json:"volumes"` // mount points of other disks on the machine
}

// Run finds what was written since start, in at most two round trips.
func Run(ctx context.Context, h kvm.Host, start Start, o Options) (*Report, error) {
	since := "install"
	if s := start.snapshot; s != nil {
		since = strconv.FormatInt(s.Taken, 10)
	}
	l, err := list(ctx, h, since)
	if err != nil {
		return nil, err
	}
	r := &Report{Files: []File{}, Volumes: append([]string{}, l.volumes...)}
	switch {
	case start.snapshot != nil:
		r.Since = time.Unix(start.snapshot.Taken, 0)
	case l.installed == 0:
		return nil, diag.WithHint(fmt.Errorf("%s: auditing since the installation: appimg has installed nothing on the machine", h.Name()),
			"take a --snapshot FILE first, and audit --since FILE later")
	default:
		r.Since = time.Unix(l.installed, 0)
	}
	found := r.sift(l, start.snapshot, o)
	w, err := findWriters(ctx, h, found)
	if err != nil {
		return nil, err
	}
	mounts := o.Mounts
	if mounts == nil {
		mounts = l.volumes
	}
	for _, e := range found {
		r.add(l, w, start.snapshot, e, mounts)
	}
	slices.SortStableFunc(r.Files, func(a, b File) int { return cmp.Or(cmp.Compare(b.Size, a.Size), strings.Compare(a.Path, b.Path)) })
	return r, nil
}

// sift keeps what may be the app's data.
func (r *Report) sift(l *listing, s *Snapshot, o Options) []entry {
	ig := newIgnores(ignored())
	own := map[string]bool{}
	for _, p := range slices.Concat(l.made, l.dests) {
		own[path.Clean(p)] = true
	}
	var out []entry
	for _, e := range l.files {
		if _, differs := s.change(e); !differs {
			continue
		}
		if own[e.Path] || ig.has(e.Path) || stagedByConfd(e.Path, own) || below(o.Mounts, e.Path) != "" {
			r.Ignored++
			continue
		}
		out = append(out, e)
	}
	return out
}

// stagedByConfd: confd keeps a staged file beside its destination, as .NAME and digits.
func stagedByConfd(file string, own map[string]bool) bool {
	name, hidden := strings.CutPrefix(path.Base(file), ".")
	return hidden && own[path.Join(path.Dir(file), strings.TrimRight(name, "0123456789"))]
}

// below is the mount point that a path is below of, or "".
func below(mounts []string, file string) string {
	for _, m := range mounts {
		if strings.HasPrefix(file, strings.TrimSuffix(m, "/")+"/") {
			return m
		}
	}
	return ""
}

// add reports a file, unless it is a package's and was not written to after it
// was unpacked: that is a program.
func (r *Report) add(l *listing, w *writers, s *Snapshot, e entry, mounts []string) {
	f := File{Path: e.Path, Size: e.Size, Modified: parseTime(e.MTime), Owner: l.users[e.UID], Writers: w.open[e.Path], Package: w.packages[e.Path]}
	if f.Package != "" && f.Modified.Before(r.Since) {
		r.Ignored++
		return
	}
	if f.Owner == "" {
		f.Owner = strconv.Itoa(e.UID)
	}
	f.Change, _ = s.change(e)
	f.Volume = volumeFor(mounts, e.Path)
	r.Files = append(r.Files, f)
}

// volumeFor chooses the mount whose last name is one of the path's, else the first.
func volumeFor(mounts []string, file string) string {
	if len(mounts) == 0 {
		return ""
	}
	parts := strings.Split(file, "/")
	for _, m := range mounts {
		if slices.ContainsFunc(parts, func(p string) bool { return p != "" && strings.HasPrefix(p, path.Base(m)) }) {
			return m
		}
	}
	return mounts[0]
}

// parseTime reads seconds since 1970 with any fraction; what is no number is no time.
func parseTime(s string) time.Time {
	whole, _, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, 0)
}

// writers are who writes files, and which packages they are of, by path.
type writers struct {
	open     map[string][]string
	packages map[string]string
}

func findWriters(ctx context.Context, h kvm.Host, files []entry) (*writers, error) {
	w := &writers{open: map[string][]string{}, packages: map[string]string{}}
	if len(files) == 0 {
		return w, nil
	}
	wanted := map[string]bool{}
	var input strings.Builder
	for _, e := range files {
		if !strings.Contains(e.Path, "\n") {
			wanted[e.Path] = true
			input.WriteString(e.Path + "\n")
		}
	}
	const doing = "finding out who wrote"
	out, err := h.Run(ctx, kvm.Cmd{Title: doing, ReadOnly: true, Script: writersScript, Stdin: strings.NewReader(input.String())})
	if err == nil && !strings.HasSuffix(string(out.Stdout), "=end=\n") {
		err = errors.New("the machine's answer has no end")
	}
	if err != nil {
		return nil, &diag.Error{Op: h.Name() + ": " + doing, Err: err}
	}
	for _, line := range strings.Split(string(out.Stdout), "\n") {
		w.read(line, wanted)
	}
	return w, nil
}

func (w *writers) read(line string, wanted map[string]bool) {
	key, value, _ := strings.Cut(line, "=")
	switch key {
	case "open":
		if f := strings.SplitN(value, " ", 3); len(f) == 3 && wanted[f[2]] {
			w.open[f[2]] = append(w.open[f[2]], f[1]+" ("+f[0]+")")
		}
	case "package":
		if name, file, ok := strings.Cut(value, " "); ok && wanted[file] {
			w.packages[file] = name
		}
	}
}
