package cli

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/appimg/appimg/pkg/scaffold"
)

// typing gives one key at a time, as a person does.
type typing struct {
	keys []string
}

func (k *typing) Read(p []byte) (int, error) {
	if len(k.keys) == 0 {
		return 0, io.EOF
	}
	time.Sleep(300 * time.Millisecond) // a person types slower than a busy machine draws
	n := copy(p, k.keys[0])
	k.keys = k.keys[1:]
	return n, nil
}

func TestAskInit(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d := newDeps(Streams{In: &typing{[]string{"z", "k", "\r", "\x1b[B", "\r", "\x1b[B", "\r"}}, Out: io.Discard, Err: io.Discard}, Build{})
	o := &initOptions{}
	if err := askInit(ctx, d, o); err != nil {
		t.Fatal(err)
	}
	if o.dir != "zk" || o.preset != "nextcloud" || o.project.Type != scaffold.KVM {
		t.Errorf("asked for %+v", o)
	}
}

func TestAskInitInterrupted(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d := newDeps(Streams{In: &typing{[]string{"\x03"}}, Out: io.Discard, Err: io.Discard}, Build{})
	if err := askInit(ctx, d, &initOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want an interruption", err)
	}
}

// What was given is not asked for.
func TestQuestions(t *testing.T) {
	for _, c := range []struct {
		o    initOptions
		want int
	}{
		{initOptions{}, 3},
		{initOptions{dir: "x"}, 2},
		{initOptions{dir: "x", project: scaffold.Project{Type: scaffold.KVM}}, 1},
	} {
		if got, err := c.o.questions(); err != nil || len(got) != c.want {
			t.Errorf("%+v: %d questions, %v; want %d", c.o, len(got), err, c.want)
		}
	}
}
