package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	scp "github.com/bramvdbogaerde/go-scp"
	"github.com/pkg/sftp"

	"github.com/appimg/appimg/pkg/kvm"
)

// wrongSum is the status of finishScript where the content is not the one wanted.
const wrongSum = 45

// finishScript makes $2 of the staged file $1, if its sha256 is $3.
const finishScript = `if [ "$1" != "$2.part" ]; then cp "$1" "$2.part" || exit 1; fi
if [ -n "$3" ]; then
	s=$(sha256sum <"$2.part") || exit 1
	if [ "${s%% *}" != "$3" ]; then rm -f "$2.part"; exit 45; fi
fi
chown 0:0 "$2.part" && chmod 600 "$2.part" && mv -f "$2.part" "$2" && if [ "$1" != "$2.part" ]; then rm -f "$1"; fi`

// Upload sends c, or what is missing of it.
func (h *Host) Upload(ctx context.Context, path string, c kvm.Content) error {
	for try := 0; ; try++ {
		err := h.uploadOnce(ctx, path, c)
		if kvm.ExitStatus(err) == wrongSum && try == 0 {
			h.log.Warn("what was there of the file was not its beginning: sending it anew", "path", path)
			continue
		}
		if kvm.ExitStatus(err) == wrongSum {
			err = errors.New("the content has another sha256 on the machine than here")
		}
		if err != nil {
			return fmt.Errorf("uploading %q: %w", path, err)
		}
		return nil
	}
}

func (h *Host) uploadOnce(ctx context.Context, path string, c kvm.Content) error {
	staged := h.stage(path, c)
	if err := h.send(ctx, staged, path, 0o600, c); err != nil {
		return err
	}
	if c.SHA256 == "" && h.renamed(staged, path) {
		return nil
	}
	_, err := h.Run(ctx, kvm.Cmd{
		Title: fmt.Sprintf("checking %q", path), Again: true, Args: []string{staged, path, c.SHA256},
		// Again: a first run may have done everything but tell.
		Script: `if [ ! -e "$1" ] && [ -e "$2" ]; then [ -n "$3" ] || exit 0; s=$(sha256sum <"$2"); [ "${s%% *}" != "$3" ] || exit 0; fi` + "\n" + finishScript,
	})
	if kvm.ExitStatus(err) == wrongSum && staged != path+".part" {
		_, rmErr := h.Run(ctx, kvm.Cmd{Script: `rm -f "$1"`, Args: []string{staged}, Again: true})
		err = errors.Join(err, rmErr)
	}
	return err
}

// renamed gives a complete file its name over SFTP, where the one who logged in
// is root and there is nothing to check. Otherwise finishScript does it.
func (h *Host) renamed(staged, path string) bool {
	l, err := h.connection(context.Background())
	if h.sudo.needed || err != nil {
		return false
	}
	client, _, err := h.sftp.client(l)
	return err == nil && client.PosixRename(staged, path) == nil
}

// stage is where the bytes go first: beside the file for root, and in the home
// folder of a user who cannot write there. The name tells what it will be, so
// that a later run finds it.
func (h *Host) stage(path string, c kvm.Content) string {
	if !h.sudo.needed {
		return path + ".part"
	}
	return fmt.Sprintf(".appimg-%s.part", kvm.SumOf([]byte(path + c.SHA256))[:16])
}

// send brings staged to c's size, over as many connections as it takes. A mode
// of 0 leaves the file's.
func (h *Host) send(ctx context.Context, staged, path string, mode fs.FileMode, c kvm.Content) error {
	var done int64
	report := func(n int64) {
		done = n
		if h.d.o.Progress != nil {
			h.d.o.Progress(h.name, path, n, c.Size)
		}
	}
	return h.persist(ctx, func(error) bool { return true }, func() int64 { return done }, func(l *link) error {
		client, flow, err := h.sftp.client(l)
		if errors.Is(err, errNoSFTP) {
			return h.sendSCP(ctx, l, staged, c, report)
		}
		if err != nil {
			return l.blame(err)
		}
		begin := time.Now()
		sent := make(chan error, 1)
		go func() { sent <- sendSFTP(ctx, client, flow, staged, mode, c, report) }()
		select {
		case err = <-sent:
		case <-ctx.Done(): // what is under way may take long yet, and ends with the connection
			return ctx.Err()
		}
		h.log.Debug("sent", "path", staged, "took", time.Since(begin), "err", err)
		return l.blame(h.plainer(ctx, l, staged, c.Size, err))
	})
}

// Prepare starts the SFTP session that an upload will need.
func (h *Host) Prepare(ctx context.Context) {
	if l, err := h.connection(ctx); err == nil {
		_, _, _ = h.sftp.client(l) // Upload meets the same error
	}
}

var errNoSFTP = errors.New("the server has no SFTP")

// sftpState is the SFTP session of the current connection.
type sftpState struct {
	mu    sync.Mutex
	link  *link
	c     *sftp.Client
	flow  *flow
	never bool // the server refused it
}

func (s *sftpState) client(l *link) (*sftp.Client, *flow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.never {
		return nil, nil, errNoSFTP
	}
	if s.link == l && s.c != nil {
		return s.c, s.flow, nil
	}
	c, flow, err := newSFTP(l.client)
	if err != nil {
		if l.lost(err) {
			return nil, nil, err
		}
		s.never = true
		return nil, nil, errNoSFTP
	}
	s.link, s.c, s.flow = l, c, flow
	return c, flow, nil
}

func sendSFTP(ctx context.Context, client *sftp.Client, flow *flow, staged string, mode fs.FileMode, c kvm.Content, report func(int64)) error {
	f, err := client.OpenFile(staged, os.O_WRONLY|os.O_CREATE)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	offset := st.Size()
	if offset > c.Size {
		offset = 0
		if err := f.Truncate(0); err != nil {
			return err
		}
	}
	if offset == c.Size {
		report(offset)
		return nil
	}
	if mode != 0 && st.Mode().Perm() != mode {
		if err := f.Chmod(mode); err != nil {
			return err
		}
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return err
	}
	flow.begin()
	_, err = f.ReadFromWithConcurrency(&measured{flow, &metered{ctx: ctx, r: c.From(offset), n: offset, report: report}}, flights)
	return errors.Join(err, f.Close())
}

// plainer finds out what SFTP has no word for: "Failure" is all that it says.
func (h *Host) plainer(ctx context.Context, l *link, staged string, size int64, err error) error {
	var status *sftp.StatusError
	if h.windows || !errors.As(err, &status) || status.FxCode() != sftp.ErrSSHFxFailure {
		return err
	}
	out, runErr := h.runOnce(ctx, l, kvm.Cmd{
		Title: "asking why a file cannot be written", NoSudo: true, Args: []string{staged},
		Script: `dir=$(dirname "$1"); have=0; if [ -f "$1" ]; then have=$(wc -c <"$1"); fi
df -Pk "$dir" | awk -v have="$have" 'END { print $(NF - 2), have, $NF }'; df -Pi "$dir" 2>/dev/null | awk 'END { print $(NF - 2) }'`,
	}, &counter{})
	if runErr != nil {
		return err
	}
	return fmt.Errorf("%s: %w", roomOf(out.Text(), size), err)
}

// roomOf tells from the answer of plainer's script what keeps size bytes from being written.
func roomOf(answer string, size int64) string {
	const unknown = "the server cannot write it, and does not say why"
	lines := strings.Split(answer, "\n")
	f := strings.Fields(lines[0])
	if len(f) != 3 {
		return unknown
	}
	free, err := strconv.ParseInt(f[0], 10, 64)
	have, haveErr := strconv.ParseInt(f[1], 10, 64)
	if err != nil || haveErr != nil {
		return unknown
	}
	if free<<10 < size-have {
		return fmt.Sprintf("No space left on the disk of %s: it has %d KB free, and %d KB are missing of the file", f[2], free, (size-have)>>10)
	}
	if len(lines) > 1 && lines[1] == "0" {
		return fmt.Sprintf("No space left on the disk of %s: it has no inodes free", f[2])
	}
	return fmt.Sprintf("%s (the disk of %s has %d MB free)", unknown, f[2], free>>10)
}

// metered tells how far a transfer has come, and ends with its context.
type metered struct {
	ctx    context.Context
	r      io.Reader
	n      int64
	report func(int64)
}

func (m *metered) Read(b []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(b)
	m.n += int64(n)
	m.report(m.n)
	return n, err
}

// measured is a transfer that sends as the flow lets it: each read becomes a
// write of its own, and hence fills its buffer as far as there is something.
type measured struct {
	flow *flow
	r    io.Reader
}

func (m *measured) Read(b []byte) (int, error) {
	n, err := io.ReadFull(m.r, b)
	if n > 0 {
		m.flow.enter()
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// sendSCP sends the missing end of the file with scp, which cannot append, and
// puts it behind what is there.
func (h *Host) sendSCP(ctx context.Context, l *link, staged string, c kvm.Content, report func(int64)) error {
	if strings.Trim(staged, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/") != "" {
		return fmt.Errorf("the server has no SFTP, and scp cannot name %q", staged)
	}
	var seen counter
	out, err := h.runOnce(ctx, l, kvm.Cmd{
		Title: "joining the parts of a transfer", NoSudo: true, Args: []string{staged, staged + ".more"},
		Script: `umask 077; if [ -e "$2" ]; then cat "$2" >>"$1" && rm -f "$2" || exit 1; fi; : >>"$1"; wc -c <"$1"`,
	}, &seen)
	if err != nil {
		return err
	}
	have, err := strconv.ParseInt(out.Text(), 10, 64)
	if err != nil {
		return err
	}
	if have > c.Size {
		_, err := h.runOnce(ctx, l, kvm.Cmd{NoSudo: true, Args: []string{staged}, Script: `: >"$1"`}, &seen)
		if err != nil {
			return err
		}
		have = 0
	}
	if have == c.Size {
		return nil
	}
	client, err := scp.NewClientBySSH(l.client)
	if err != nil {
		return l.blame(err)
	}
	client.RemoteBinary = "scp"
	rest := &metered{ctx: ctx, r: c.From(have), n: have, report: report}
	if err := client.Copy(ctx, rest, staged+".more", "0600", c.Size-have); err != nil {
		return l.blame(err)
	}
	_, err = h.runOnce(ctx, l, kvm.Cmd{Title: "joining the parts of a transfer", NoSudo: true, Args: []string{staged, staged + ".more"}, Script: `cat "$2" >>"$1" && rm -f "$2"`}, &seen)
	return err
}
