package daemon

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/appimg/appimg/pkg/confd/metad"
)

// script is a server whose reads and waits are functions of a test.
type script struct {
	mu    sync.Mutex
	read  func(n int) (any, error) // n counts from 1
	wait  func(ctx context.Context, n int) error
	reads int
	waits int
	at    []time.Duration // of the reads
	start time.Time
}

func (s *script) Get(context.Context, string) (any, error) { return "odd", nil }

func (s *script) Read(context.Context, string) (*metad.Document, error) {
	s.mu.Lock()
	s.reads++
	n := s.reads
	s.at = append(s.at, time.Since(s.start))
	s.mu.Unlock()
	v, err := s.read(n)
	return &metad.Document{Value: v, Version: "1"}, err
}

func (s *script) Wait(ctx context.Context, _ *metad.Document) error {
	s.mu.Lock()
	s.waits++
	n := s.waits
	s.mu.Unlock()
	return s.wait(ctx, n)
}

func held(ctx context.Context, _ int) error {
	<-ctx.Done()
	return ctx.Err()
}

// follow runs a feed of s for d of the bubble's time.
func follow(t *testing.T, s *script, d time.Duration, log *slog.Logger) *feed {
	t.Helper()
	f := newFeed("/self", s, log)
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	s.start = time.Now()
	f.run(ctx)
	return f
}

func quiet() *slog.Logger { return slog.New(newHandler(io.Discard, slog.LevelDebug, "h", 1)) }

func TestFeedReadsOnceAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{read: func(int) (any, error) { return map[string]any{"a": "1"}, nil }, wait: held}
		f := follow(t, s, time.Hour, quiet())
		if s.reads != 1 || s.waits != 1 || f.latest.Load() == nil {
			t.Errorf("%d reads and %d waits in an idle hour", s.reads, s.waits)
		}
	})
}

func TestFeedBacksOffAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{wait: held, read: func(n int) (any, error) {
			if n <= 30 {
				return nil, &metad.UnavailableError{}
			}
			return map[string]any{"a": "1"}, nil
		}}
		var log strings.Builder
		f := follow(t, s, time.Hour, slog.New(newHandler(&log, slog.LevelInfo, "h", 1)))
		if f.latest.Load() == nil {
			t.Fatal("it has not recovered")
		}
		if first := s.at[1] - s.at[0]; first > 200*time.Millisecond {
			t.Errorf("the second try comes after %v", first)
		}
		for i := 10; i < 30; i++ {
			if gap := s.at[i+1] - s.at[i]; gap < 1500*time.Millisecond || gap > 3*time.Second {
				t.Errorf("try %d comes after %v", i+1, gap)
			}
		}
		if n := strings.Count(log.String(), "\n"); n != 2 || !strings.Contains(log.String(), "ERROR reading metadata") || !strings.Contains(log.String(), "it is there after") {
			t.Errorf("it says:\n%s", log.String())
		}
	})
}

// A server that gives no value for the node takes nothing away.
func TestFeedKeepsTheLastValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		s.read = func(n int) (any, error) {
			switch n {
			case 1:
				return map[string]any{"a": "1"}, nil
			case 2:
				return map[string]any{}, nil
			default:
				return nil, metad.ErrAbsent
			}
		}
		s.wait = func(ctx context.Context, n int) error {
			if n > 2 {
				return held(ctx, n)
			}
			pause(ctx, time.Second)
			return nil
		}
		f := follow(t, s, time.Minute, quiet())
		if v, _ := f.latest.Load().value.(map[string]any); v["a"] != "1" {
			t.Errorf("the snapshot is %v", f.latest.Load().value)
		}
	})
}

// A server whose waits answer at once, or break at once, is not hammered.
func TestFeedDoesNotSpin(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		most int
	}{"answers": {nil, 100}, "breaks": {errors.New("reset"), 20}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{read: func(int) (any, error) { return map[string]any{"a": "1"}, nil }}
				s.wait = func(context.Context, int) error { return tt.err }
				follow(t, s, 10*time.Second, quiet())
				if s.waits > tt.most || s.waits < 3 {
					t.Errorf("%d rounds in 10 s; at most %d are right", s.waits, tt.most)
				}
			})
		})
	}
}

// Changes that follow each other without a pause are all read at once.
func TestFeedFollowsQuickChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{read: func(n int) (any, error) { return map[string]any{"n": float64(n)}, nil }}
		s.wait = func(ctx context.Context, n int) error {
			if n > 100 {
				return held(ctx, n)
			}
			return nil
		}
		f := follow(t, s, time.Second, quiet())
		if v, _ := f.latest.Load().value.(map[string]any); v["n"] != 101.0 {
			t.Errorf("the last of 101 values is %v", v["n"])
		}
	})
}

// After a wait that broke off, the whole is read again at once.
func TestFeedReadsAfterABrokenWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{read: func(n int) (any, error) { return map[string]any{"n": float64(n)}, nil }}
		s.wait = func(ctx context.Context, n int) error {
			if n > 1 {
				return held(ctx, n)
			}
			pause(ctx, time.Minute)
			return errors.New("connection reset")
		}
		follow(t, s, time.Hour, quiet())
		if len(s.at) != 2 || s.at[1] != time.Minute {
			t.Errorf("reads at %v; want one at 0 and one at 1m", s.at)
		}
	})
}

func TestFeedWakesOnNewsOnly(t *testing.T) {
	t.Parallel()
	f := newFeed("/self", nil, quiet())
	wake := make(chan struct{}, 1)
	f.subscribe(wake)
	woken := func(text string) bool {
		f.take(&metad.Document{Value: doc(t, text)})
		select {
		case <-wake:
			return true
		default:
			return false
		}
	}
	for i, step := range []struct {
		text string
		want bool
	}{{`{"a":"1"}`, true}, {`{"a":"1"}`, false}, {`{}`, false}, {`{"a":"1"}`, false}, {`{"a":"2"}`, true}, {`{"a":"2","b":{}}`, true}} {
		if got := woken(step.text); got != step.want {
			t.Errorf("%d: %s wakes: %v", i, step.text, got)
		}
	}
	f.latest.Load().odd = map[string]any{"/other": "x"}
	if !woken(`{"a":"2","b":{}}`) {
		t.Error("what lies outside of the prefix is never looked at again")
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	b := backoff{first: 100 * time.Millisecond, most: time.Second}
	for i, want := range []time.Duration{100, 200, 400, 800, 1000, 1000} {
		want *= time.Millisecond
		if d := b.next(); d < want/2 || d > want {
			t.Errorf("pause %d is %v; want %v to %v", i, d, want/2, want)
		}
	}
	b.reset()
	if d := b.next(); d > 100*time.Millisecond {
		t.Errorf("after reset: %v", d)
	}
}
