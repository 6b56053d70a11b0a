package windows

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/kvm"
)

// question asks for something that is registered with Windows. The programs that
// answer end alike where it is not there and where they could not ask, or could
// not even start on a machine under load. So none of them is believed that there
// is nothing, unless there says so as well.
type question struct {
	doing string
	line  string
	told  func(text string) bool // the answer has what is asked for
	there func(ctx context.Context, h Host) (bool, error)
}

// errUnanswered marks an error after which a question is asked again.
var errUnanswered = errors.New("no answer to rely on came from Windows")

// ask is the answer; is says whether there is what is asked for.
func (q question) ask(ctx context.Context, h Host) (text string, is bool, err error) {
	const often, pause = 4, 250 * time.Millisecond
	for n := 1; ; n++ {
		text, is, err := q.askOnce(ctx, h)
		if !errors.Is(err, errUnanswered) || n == often {
			return text, is, err
		}
		select {
		case <-ctx.Done():
			return "", false, ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (q question) askOnce(ctx context.Context, h Host) (text string, is bool, err error) {
	out, err := h.Run(ctx, q.doing, q.line)
	switch {
	case err != nil && kvm.ExitStatus(err) < 0:
		return "", false, err
	case err == nil && q.told(out.Text()):
		return out.Text(), true, nil
	}
	if there, thereErr := q.there(ctx, h); thereErr != nil || !there {
		return "", false, thereErr
	}
	return "", false, fmt.Errorf("%s: %w: it is there, and %q tells nothing of it%s", q.doing, errUnanswered, q.line, because(err))
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

// listed is a question's there: line lists the keys of the registry among which
// there is name's. A list without any key is none.
func listed(line, name string) func(context.Context, Host) (bool, error) {
	return func(ctx context.Context, h Host) (bool, error) {
		out, err := h.Run(ctx, "asking whether there is "+name, line)
		if err != nil && kvm.ExitStatus(err) < 0 {
			return false, err
		}
		keys := keysIn(out.Text())
		if err != nil || len(keys) == 0 {
			return false, fmt.Errorf("asking whether there is %s: %w: %q lists nothing%s", name, errUnanswered, line, because(err))
		}
		return slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, name) }), nil
	}
}

// keysIn are the names of the keys that reg lists, without those above.
func keysIn(text string) (out []string) {
	for line := range strings.Lines(text) {
		if key := strings.TrimSpace(line); strings.HasPrefix(key, `HKEY_`) {
			out = append(out, key[strings.LastIndex(key, `\`)+1:])
		}
	}
	return out
}

// serviceKey is what the registry has of the service; "" without one.
func serviceKey(ctx context.Context, h Host) (string, error) {
	text, _, err := question{
		doing: "asking for the service",
		line:  serviceLine,
		told:  func(text string) bool { return len(keysIn(text)) > 0 },
		there: listed(servicesLine, service),
	}.ask(ctx, h)
	return text, err
}

// serviceState is what the service does: RUNNING, STOPPED, …; "" without one.
func serviceState(ctx context.Context, h Host) (string, error) {
	text, _, err := question{
		doing: "asking for the service's state",
		line:  stateLine,
		told:  func(text string) bool { return match(stateIn, text) != "" },
		there: func(ctx context.Context, h Host) (bool, error) {
			key, err := serviceKey(ctx, h)
			return valueOf("ImagePath", key) != "", err
		},
	}.ask(ctx, h)
	return match(stateIn, text), err
}

// hasTask reports whether the task that keeps logs small is there. That schtasks
// succeeds is all that it says in every language.
func hasTask(ctx context.Context, h Host) (bool, error) {
	_, is, err := question{
		doing: "asking for the log rotation's task",
		line:  taskLine,
		told:  func(string) bool { return true },
		there: listed(tasksLine, taskName),
	}.ask(ctx, h)
	return is, err
}
