package kvm

import (
	"context"
	_ "embed" // the script
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
)

// FileState is what is found at a path of a machine; links are not followed.
type FileState struct {
	Path     string
	Exists   bool
	Mode     fs.FileMode // type and permission bits
	UID, GID int
	Size     int64  // in bytes
	SHA256   string // of a regular file's content
	Link     string // where a symbolic link points
}

// String is the state in a few words, and "" for nothing there.
func (s FileState) String() string {
	switch {
	case !s.Exists:
		return ""
	case s.Mode&fs.ModeSymlink != 0:
		return "link to " + s.Link
	case s.SHA256 != "":
		return fmt.Sprintf("%04o %d:%d sha256:%s", unixPerm(s.Mode), s.UID, s.GID, s.SHA256)
	}
	kind := "special file"
	if s.Mode.IsDir() {
		kind = "folder"
	}
	return fmt.Sprintf("%s %04o %d:%d", kind, unixPerm(s.Mode), s.UID, s.GID)
}

// inspectScript prints one letter per path on a line (file, link, other, or "-"),
// then, a line each, the states of those that exist, the sums of files and the
// targets of links: few processes, however many paths. GNU's and busybox' stat
// agree on what is asked for.
//
//go:embed scripts/inspect.sh
var inspectScript string

// Inspect looks at paths, in their order, in one round trip.
func Inspect(ctx context.Context, h Host, paths ...string) ([]FileState, error) {
	doing := fmt.Sprintf("looking at %q", paths)
	if len(paths) > 1 {
		doing = fmt.Sprintf("looking at %d files", len(paths))
	}
	out, err := h.Run(ctx, askAbout(paths, doing, inspectScript))
	if err != nil {
		return nil, onHost(h, doing, err)
	}
	states, err := parseInspection(out.Stdout, paths)
	return states, onHost(h, doing, err)
}

// askAbout is a command that changes nothing, whose script has paths as its
// arguments however long their list is.
func askAbout(paths []string, title, script string) Cmd {
	const readPaths = `keep=$IFS; IFS='
'; set -f; set -- $(cat); set +f; IFS=$keep;`
	c := Cmd{Title: title, Script: `if [ "$1" = - ]; then ` + readPaths + " fi\n" + script, ReadOnly: true}
	c.Args, c.Stdin = pathArgs(paths)
	return c
}

// pathArgs passes paths to a script: as arguments, or as "-" and input where
// they are too long for a command line.
func pathArgs(paths []string) ([]string, io.Reader) {
	const enough = 48 << 10
	size := 0
	for _, p := range paths {
		size += len(p) + 3
	}
	if size < enough {
		return paths, nil
	}
	return []string{"-"}, strings.NewReader(strings.Join(paths, "\n") + "\n")
}

func parseInspection(printed []byte, paths []string) ([]FileState, error) {
	lines := strings.Split(string(printed), "\n")
	short := fmt.Errorf("the machine answered %q for %d files", printed[:min(len(printed), 200)], len(paths))
	next := func() (string, bool) {
		if len(lines) == 0 {
			return "", false
		}
		line := lines[0]
		lines = lines[1:]
		return line, true
	}
	letters, _ := next()
	if len(letters) != len(paths) {
		return nil, short
	}
	states := make([]FileState, len(paths))
	for i, p := range paths {
		states[i].Path = p
		if letters[i] == '-' {
			continue
		}
		line, _ := next()
		if err := states[i].parse(line); err != nil {
			return nil, err
		}
	}
	for _, pass := range []struct {
		letter byte
		put    func(*FileState, string)
	}{
		// A name with odd characters is escaped, and its line begins with "\".
		{'f', func(s *FileState, line string) { s.SHA256, _, _ = strings.Cut(strings.TrimPrefix(line, `\`), " ") }},
		{'l', func(s *FileState, line string) { s.Link = line }},
	} {
		for i := range states {
			if letters[i] != pass.letter {
				continue
			}
			line, ok := next()
			if !ok || line == "" {
				return nil, short
			}
			pass.put(&states[i], line)
		}
	}
	return states, nil
}

// parse reads "MODE UID GID SIZE", the mode in hex.
func (s *FileState) parse(line string) error {
	f := strings.Fields(line)
	if len(f) != 4 {
		return fmt.Errorf("the machine answered %q for %q", line, s.Path)
	}
	raw, err := strconv.ParseUint(f[0], 16, 32)
	if err == nil {
		s.UID, err = strconv.Atoi(f[1])
	}
	if err == nil {
		s.GID, err = strconv.Atoi(f[2])
	}
	if err == nil {
		s.Size, err = strconv.ParseInt(f[3], 10, 64)
	}
	if err != nil {
		return fmt.Errorf("the machine answered %q for %q: %w", line, s.Path, err)
	}
	s.Exists, s.Mode = true, unixMode(uint32(raw))
	return nil
}

// unixMode translates st_mode of Linux.
func unixMode(raw uint32) fs.FileMode {
	m := fs.FileMode(raw & 0o777)
	types := map[uint32]fs.FileMode{
		0o040000: fs.ModeDir, 0o120000: fs.ModeSymlink, 0o010000: fs.ModeNamedPipe, 0o140000: fs.ModeSocket,
		0o060000: fs.ModeDevice, 0o020000: fs.ModeDevice | fs.ModeCharDevice,
	}
	m |= types[raw&0o170000]
	for bit, mode := range specialBits() {
		if raw&bit != 0 {
			m |= mode
		}
	}
	return m
}

// unixPerm is a mode's permission bits with setuid, setgid and sticky.
func unixPerm(m fs.FileMode) uint32 {
	bits := uint32(m.Perm())
	for bit, mode := range specialBits() {
		if m&mode != 0 {
			bits |= bit
		}
	}
	return bits
}

// specialBits are the permissions above 0777, as Linux and Go have them.
func specialBits() map[uint32]fs.FileMode {
	return map[uint32]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky}
}

// missingStatus is the status with which scripts say that a file is not there.
const missingStatus = 44

// ReadFile is the content of a file. One that is not there is an fs.ErrNotExist.
func ReadFile(ctx context.Context, h Host, path string) ([]byte, error) {
	doing := fmt.Sprintf("reading %q", path)
	out, err := h.Run(ctx, Cmd{
		Title: doing, ReadOnly: true, Args: []string{path},
		Script: fmt.Sprintf(`[ -e "$1" ] || exit %d; exec cat <"$1"`, missingStatus),
	})
	if ExitStatus(err) == missingStatus {
		err = fs.ErrNotExist
	}
	return out.Stdout, onHost(h, doing, err)
}
