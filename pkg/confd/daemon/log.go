package daemon

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// The levels of confd's log that slog has no name for. A fatal message is the
// last one before the exit status 1.
const (
	levelFatal = slog.Level(12)
	levelPanic = slog.Level(16)
)

// parseLevel reads a name of -log-level.
func parseLevel(name string) (slog.Level, error) {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "warning": slog.LevelWarn,
		"error": slog.LevelError, "fatal": levelFatal, "panic": levelPanic,
	}
	l, ok := levels[strings.ToLower(name)]
	if !ok {
		return 0, fmt.Errorf("reading the log level %q: it is none of debug, info, warning, error, fatal and panic", name)
	}
	return l, nil
}

func levelName(l slog.Level) string {
	switch {
	case l < slog.LevelInfo:
		return "DEBUG"
	case l < slog.LevelWarn:
		return "INFO"
	case l < slog.LevelError:
		return "WARNING"
	case l < levelFatal:
		return "ERROR"
	default:
		return "FATAL"
	}
}

// lineHandler writes records as confd does: one line each,
// "2006-01-02T15:04:05Z07:00 HOST confd[PID]: LEVEL message key=value".
type lineHandler struct {
	mu    *sync.Mutex
	w     io.Writer
	level slog.Level
	who   string // "HOST confd[PID]: "
	attrs string
}

func newHandler(w io.Writer, level slog.Level, host string, pid int) slog.Handler {
	return &lineHandler{mu: new(sync.Mutex), w: w, level: level, who: fmt.Sprintf("%s confd[%d]: ", host, pid)}
}

// Enabled tells whether a record of level l is written.
func (h *lineHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

// Handle writes one line, whatever line ends the message has.
func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	var b bytes.Buffer
	b.WriteString(r.Time.Format(time.RFC3339) + " " + h.who + levelName(r.Level) + " ")
	b.WriteString(oneLine(r.Message) + h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		b.WriteString(attrText(a))
		return true
	})
	b.WriteByte('\n')
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := h.w.Write(b.Bytes())
	return err
}

// WithAttrs adds attrs to every record.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	for _, a := range attrs {
		with.attrs += attrText(a)
	}
	return &with
}

// WithGroup changes nothing: a line has no room for groups.
func (h *lineHandler) WithGroup(string) slog.Handler { return h }

// demoted says what the engine calls an error at debug level: the daemon
// reports errors itself, and decides how often.
type demoted struct{ slog.Handler }

// Handle passes a record on.
func (h demoted) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		r.Level = slog.LevelDebug
	}
	if !h.Enabled(ctx, r.Level) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

func attrText(a slog.Attr) string {
	if a.Equal(slog.Attr{}) {
		return ""
	}
	return " " + a.Key + "=" + oneLine(a.Value.String())
}

// oneLine keeps a message in its line: what follows a line end belongs to it.
func oneLine(s string) string {
	return strings.ReplaceAll(strings.TrimRight(s, "\r\n"), "\n", " | ")
}
