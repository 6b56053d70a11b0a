package audit

import (
	"bytes"
	"context"
	_ "embed" // the script
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/sysdisk"
)

//go:embed files.sh
var filesScript string

// entry is a file as the machine lists it; times are seconds since 1970 as find
// prints them, with their fraction where it does.
type entry struct {
	Path         string
	CTime, MTime string
	Size         int64
	UID          int
	Inode        string
}

// listing is what a machine says of its system disk.
type listing struct {
	clock, installed int64 // installed is 0 where it is not known
	users            map[int]string
	volumes          []string // mount points of other disks
	made             []string // paths on the lists of what appimg installed
	dests            []string // what pairs write, and scripts that pairs render
	files            []entry
}

func list(ctx context.Context, h kvm.Host, since string) (*listing, error) {
	const doing = "listing the files on the system disk"
	out, err := h.Run(ctx, kvm.Cmd{Title: doing, ReadOnly: true, Script: sysdisk.Script + filesScript, Args: []string{since}})
	var l *listing
	if err == nil {
		l, err = parseListing(out.Stdout)
	}
	if err != nil {
		return nil, &diag.Error{Op: h.Name() + ": " + doing, Err: err}
	}
	return l, nil
}

func parseListing(printed []byte) (*listing, error) {
	text, ok := strings.CutSuffix(string(bytes.ToValidUTF8(printed, []byte("?"))), "=end=\n")
	if !ok {
		return nil, errors.New("the machine's answer has no end")
	}
	head, files, _ := strings.Cut(text, "=files=\n")
	l := &listing{users: map[int]string{}}
	if err := l.readHead(head); err != nil {
		return nil, err
	}
	for _, line := range strings.Split(strings.TrimSuffix(files, "\n"), "\n") {
		if rest, ok := strings.CutPrefix(line, "=F= "); ok {
			e, err := parseEntry(rest)
			if err != nil {
				return nil, err
			}
			l.files = append(l.files, e)
		} else if n := len(l.files); n > 0 {
			l.files[n-1].Path += "\n" + line
		}
	}
	return l, nil
}

// readHead reads KEY=VALUE lines; a pair's text follows it, with "|" before each line.
func (l *listing) readHead(head string) error {
	var name string
	var text strings.Builder
	pair := func() {
		// One that cannot be parsed writes nothing either: confd refuses it.
		if r, err := confd.ParseResource(name, []byte(text.String())); name != "" && err == nil {
			l.dests = append(l.dests, r.Dest)
		}
		name = ""
		text.Reset()
	}
	for _, line := range strings.Split(head, "\n") {
		if body, ok := strings.CutPrefix(line, "|"); ok {
			text.WriteString(body + "\n")
			continue
		}
		key, value, _ := strings.Cut(line, "=")
		if key == "pair" {
			pair()
			name = value
			continue
		}
		if err := l.fact(key, value); err != nil {
			return fmt.Errorf("the machine answered %q: %w", line, err)
		}
	}
	pair()
	return nil
}

func (l *listing) fact(key, value string) (err error) {
	switch key {
	case "clock":
		l.clock, err = strconv.ParseInt(value, 10, 64)
	case "installed":
		if value != "" {
			l.installed, err = strconv.ParseInt(value, 10, 64)
		}
	case "user":
		id, name, _ := strings.Cut(value, " ")
		if n, err := strconv.Atoi(id); err == nil && l.users[n] == "" {
			l.users[n] = name
		}
	case "volume":
		l.volumes = append(l.volumes, value)
	case "list":
		if f := strings.SplitN(value, " ", 3); len(f) == 3 && strings.HasPrefix(f[2], "/") && f[0] != "dir" {
			l.made = append(l.made, f[2])
		}
	case "script":
		l.dests = append(l.dests, value)
	}
	return err
}

func parseEntry(line string) (entry, error) {
	f := strings.SplitN(line, " ", 6)
	if len(f) != 6 {
		return entry{}, fmt.Errorf("the machine answered %q for a file", line)
	}
	e := entry{CTime: f[0], MTime: f[1], Inode: f[4], Path: f[5]}
	var err error
	if e.Size, err = strconv.ParseInt(f[2], 10, 64); err == nil {
		e.UID, err = strconv.Atoi(f[3])
	}
	return e, err
}
