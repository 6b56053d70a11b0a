package windows

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/appimg/appimg/pkg/kvm"
)

// answering is a machine that answers each line with the next of its answers,
// the last one for ever. "" is that of a program that failed, or could not start.
type answering struct {
	Host
	answers map[string][]string
}

func (a *answering) Run(_ context.Context, _, line string) (kvm.Output, error) {
	answer := ""
	if answers := a.answers[line]; len(answers) > 0 {
		answer = answers[0]
		a.answers[line] = answers[min(1, len(answers)-1):]
	}
	if answer == "" {
		return kvm.Output{}, kvm.NewExitError(1, "", nil)
	}
	return kvm.Output{Stdout: []byte(answer)}, nil
}

const (
	theKey     = "\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\" + service + "\r\n    Start    REG_DWORD    0x2\r\n    ImagePath    REG_EXPAND_SZ    \"C:\\x y\\bin\\confd.exe\"\r\n"
	withIt     = "\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\BITS\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\qingcloud_app_agent\r\n"
	withoutIt  = "\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\BITS\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\" + service + "2\r\n"
	nothing    = "\r\n"
	running    = "        STATE              : 4  RUNNING \r\n"
	withTask   = "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Tree\\Microsoft\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Tree\\" + taskName + "\r\n"
	withNoTask = "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Tree\\Microsoft\r\n"
	unreliable = "no answer to rely on"
)

// A program that tells nothing is no proof that there is nothing.
func TestServiceOfAnUnreliableMachine(t *testing.T) {
	for name, c := range map[string]struct {
		key, list, state []string
		image, does      string
		why              string // of the error
	}{
		"there":                             {key: []string{theKey}, state: []string{running}, image: "confd.exe", does: "RUNNING"},
		"not there":                         {list: []string{withoutIt}},
		"once not told of":                  {key: []string{"", theKey}, list: []string{withIt}, state: []string{running}, image: "confd.exe", does: "RUNNING"},
		"once nothing, and no failure":      {key: []string{nothing, theKey}, list: []string{withIt}, state: []string{running}, image: "confd.exe", does: "RUNNING"},
		"once neither told of nor listed":   {key: []string{"", theKey}, state: []string{running}, image: "confd.exe", does: "RUNNING"},
		"not there, and once not listed":    {list: []string{"", nothing, withoutIt}},
		"its state is once not told":        {key: []string{theKey}, state: []string{"", nothing, running}, image: "confd.exe", does: "RUNNING"},
		"never told of":                     {list: []string{withIt}, why: "it is there"},
		"neither told of nor listed, ever":  {why: "lists nothing"},
		"its state is never told":           {key: []string{theKey}, why: "it is there", image: "confd.exe"},
		"a key that a removed one has left": {key: []string{theKey[:strings.Index(theKey, "    Start")]}, list: []string{withIt}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &answering{answers: map[string][]string{serviceLine: c.key, servicesLine: c.list, stateLine: c.state}}
				m := &machine{facts: &kvm.Facts{}}
				err := m.askForService(t.Context(), h)
				if (err == nil) != (c.why == "") || err != nil && !(errors.Is(err, errUnanswered) && strings.Contains(err.Error(), c.why)) {
					t.Errorf("%v, want %q", err, c.why)
				}
				if m.image != c.image || m.facts.Running != (c.does == "RUNNING") || m.facts.Enabled != (c.image != "") {
					t.Errorf("it is %q, %+v", m.image, m.facts)
				}
				if state, err := serviceState(t.Context(), h); state != c.does || (err == nil) != (c.why == "") {
					t.Errorf("it is %q, %v", state, err)
				}
			})
		})
	}
}

func TestTaskOfAnUnreliableMachine(t *testing.T) {
	for name, c := range map[string]struct {
		task, list []string
		is         bool
		why        string
	}{
		"there":            {task: []string{nothing}, is: true},
		"not there":        {list: []string{withNoTask}},
		"once not told of": {task: []string{"", nothing}, list: []string{withTask}, is: true},
		"never told of":    {list: []string{withTask}, why: unreliable},
		"never listed":     {why: unreliable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				is, err := hasTask(t.Context(), &answering{answers: map[string][]string{taskLine: c.task, tasksLine: c.list}})
				if is != c.is || (err == nil) != (c.why == "") || err != nil && !strings.Contains(err.Error(), c.why) {
					t.Errorf("%v, %v", is, err)
				}
			})
		})
	}
}
