package ssh_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/kvmtest"
	"github.com/appimg/appimg/pkg/kvm/ssh"
)

const users = `useradd -m -s /bin/bash plain; echo 'plain:pla"in $pass' | chpasswd
useradd -m -s /bin/sh free; echo 'free:free' | chpasswd; echo 'free ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/free
useradd -m -s /bin/bash asks; echo "asks:asks pass" | chpasswd; echo 'asks ALL=(ALL) ALL' >/etc/sudoers.d/asks
useradd -m -s /bin/bash pty; echo "pty:pty" | chpasswd; printf 'Defaults:pty requiretty\npty ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/tty
echo 'root:r00t' | chpasswd
`

func machineWorld(t *testing.T, config string) (*world, *kvmtest.Machine) {
	t.Helper()
	m := kvmtest.StartMachine(t, kvmtest.MachineOptions{Setup: users, Config: config})
	w := newWorld(t)
	w.write(".ssh/known_hosts", m.KnownHosts(t))
	return w, m
}

func (w *world) given(password string) { w.opts.Password = &password }

func TestPasswords(t *testing.T) {
	for method, config := range map[string]string{
		"password":             "KbdInteractiveAuthentication no\nPasswordAuthentication yes",
		"keyboard-interactive": "KbdInteractiveAuthentication yes\nPasswordAuthentication no",
	} {
		t.Run(method, func(t *testing.T) {
			w, m := machineWorld(t, config)
			err := w.refuses(m.Target("root"), "permission denied")
			if hints := strings.Join(diag.Hints(err), "\n"); !strings.Contains(hints, "--password-file") {
				t.Errorf("hints: %s", hints)
			}
			w.given("r00t")
			w.works(m.Target("root"))
			w.given("wrong")
			w.refuses(m.Target("root"), "permission denied", method)
			w.opts.Password = nil
			w.answers("r00t")
			w.works(m.Target("root"))
			asked := w.hears("wrong")
			w.refuses(m.Target("root"), "permission denied")
			question := "Password for " + m.Target("root")
			again := "That is not the right one.\n" + question
			if got := *asked; len(got) < 2 || !slices.Equal(got, []string{question, again, again}[:len(got)]) {
				t.Errorf("asked %q", got)
			}
			w.configure("BatchMode yes")
			w.asks.Store(0)
			w.refuses(m.Target("root"), "permission denied")
			if w.asks.Load() != 0 {
				t.Error("BatchMode asked")
			}
		})
	}
}

// Who interrupts a question is asked no other, and it is no refusal of the server's.
func TestQuestionIsInterrupted(t *testing.T) {
	w, m := machineWorld(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	w.opts.Ask = func(ctx context.Context, _ ssh.Prompt) (string, error) {
		w.asks.Add(1)
		cancel()
		return "", ctx.Err()
	}
	_, err := w.dialer().Dial(ctx, kvm.Target{Host: "127.0.0.1", Port: m.Port, User: "root"})
	if !errors.Is(err, context.Canceled) || w.asks.Load() != 1 {
		t.Errorf("%v after %d questions", err, w.asks.Load())
	}
}

func TestSudo(t *testing.T) {
	w, m := machineWorld(t, "")
	root := func(target string) {
		t.Helper()
		h := w.works(target)
		out, err := h.Run(t.Context(), kvm.Cmd{Script: "id -u; cat", Stdin: strings.NewReader("in\nput")})
		if err != nil || out.Text() != "0\nin\nput" {
			t.Errorf("%s: %q, %v", target, out.Stdout, err)
		}
		out, err = h.Run(t.Context(), kvm.Cmd{Script: "id -un", NoSudo: true})
		if user, _, _ := strings.Cut(target, "@"); err != nil || out.Text() != user {
			t.Errorf("%s without sudo: %q, %v", target, out.Stdout, err)
		}
		data := randomBytes(3 << 20)
		if err := h.Upload(t.Context(), "/opt/file", kvm.Bytes(data)); err != nil {
			t.Fatal(err)
		}
		states, err := kvm.Inspect(t.Context(), h, "/opt/file", "/opt/file.part")
		if err != nil || states[0].SHA256 != kvm.SumOf(data) || states[0].UID != 0 || states[0].Mode != 0o600 || states[1].Exists {
			t.Errorf("%s: uploaded %+v, %v", target, states, err)
		}
		user, _, _ := strings.Cut(target, "@")
		if left, _ := filepath.Glob(filepath.Join(m.Root(t), "home", user, ".appimg*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		if err := os.Remove(filepath.Join(m.Root(t), "opt/file")); err != nil {
			t.Fatal(err)
		}
	}
	w.given("free")
	root(m.Target("free"))
	w.given("asks pass")
	root(m.Target("asks"))

	// The password of the login does for sudo.
	w.opts.Password = nil
	w.answers("asks pass")
	root(m.Target("asks"))
	if n := w.asks.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}

	key := kvmtest.NewKey(t, "ed25519", "")
	authorize(t, m, "asks", key)
	authorize(t, m, "plain", key)
	w.configure("IdentityFile " + key)
	var texts []string
	w.opts.Ask = func(_ context.Context, p ssh.Prompt) (string, error) {
		texts = append(texts, p.Text)
		return "asks pass", nil
	}
	root(m.Target("asks"))
	if len(texts) != 1 || !strings.Contains(texts[0], "sudo") || !strings.Contains(texts[0], "asks@127.0.0.1") {
		t.Errorf("asked %q", texts)
	}
	w.opts.Ask = nil
	w.refuses(m.Target("asks"), `user "asks" needs a password for sudo`, "nobody is there")
	right := "asks pass"
	w.opts.SudoPassword = &right
	root(m.Target("asks"))
	wrong := "wrong"
	w.opts.SudoPassword = &wrong
	w.refuses(m.Target("asks"), `sudo does not accept the password of user "asks"`)
	w.opts.SudoPassword = nil
	w.given(`pla"in $pass`)
	w.refuses(m.Target("plain"), "not in the sudoers file")
	w.opts.Password = nil
	asked := w.hears(`pla"in $pass`)
	w.refuses(m.Target("plain"), `user "plain" may not use sudo: plain is not in the sudoers file`)
	if len(*asked) != 1 {
		t.Errorf("asked %q although no answer would do", *asked)
	}
	authorize(t, m, "asks", key)
	asked = w.hears("wrong")
	w.refuses(m.Target("asks"), `sudo does not accept the password of user "asks"`)
	question := "Password of " + m.Target("asks") + " for sudo"
	if got := *asked; len(got) != 3 || got[0] != question || !strings.HasPrefix(got[1], "sudo does not accept the password") || !strings.HasSuffix(got[1], "\n"+question) {
		t.Errorf("asked %q", got)
	}
	w.given("pty")
	err := w.refuses(m.Target("pty"), "without a terminal")
	if hints := strings.Join(diag.Hints(err), "\n"); !strings.Contains(hints, "!requiretty") {
		t.Errorf("hints: %s", hints)
	}
}

// hears makes a person answer every question with text, and keeps the questions.
func (w *world) hears(text string) *[]string {
	var asked []string
	w.opts.Ask = func(_ context.Context, p ssh.Prompt) (string, error) {
		asked = append(asked, p.Text)
		return text, nil
	}
	return &asked
}

// Some sudo takes everything that is there when it asks for the password, as
// sudo-rs does: a command has its input all the same.
func TestSudoThatReadsOn(t *testing.T) {
	w, m := machineWorld(t, "")
	greedy := `#!/bin/sh
case " $* " in
*" -S "*)
	sleep 0.3
	password=$(dd bs=65536 count=1 2>/dev/null | head -n 1)
	{ printf '%s\n' "$password"; cat; } | /usr/bin/sudo.real "$@"
	;;
*) exec /usr/bin/sudo.real "$@" ;;
esac
`
	sudo := filepath.Join(m.Root(t), "usr/bin/sudo")
	if err := errors.Join(os.Rename(sudo, sudo+".real"), os.WriteFile(sudo, []byte(greedy), 0o755)); err != nil {
		t.Fatal(err)
	}
	w.given("asks pass")
	h := w.works(m.Target("asks"))
	out, err := h.Run(t.Context(), kvm.Cmd{Script: "id -u; cat", Stdin: strings.NewReader("in\nput")})
	if err != nil || out.Text() != "0\nin\nput" {
		t.Errorf("%q, %v", out.Stdout, err)
	}
	// A script that does not read its input ends all the same.
	out, err = h.Run(t.Context(), kvm.Cmd{Script: "echo done", Stdin: strings.NewReader(strings.Repeat("x", 1<<20))})
	if err != nil || out.Text() != "done" {
		t.Errorf("%q, %v", out.Stdout, err)
	}
	// So does one that sudo does not let begin, whose input nobody waits for.
	if err := errors.Join(os.Rename(sudo+".real", sudo), os.Remove(filepath.Join(m.Root(t), "etc/sudoers.d/asks"))); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Run(t.Context(), kvm.Cmd{Script: "cat", Stdin: strings.NewReader("in")}); kvm.ExitStatus(err) != 1 || !strings.Contains(err.Error(), "not in the sudoers file") {
		t.Errorf("without the right: %v", err)
	}
}

func authorize(t *testing.T, m *kvmtest.Machine, user, key string) {
	t.Helper()
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(m.Root(t), "home", user, ".ssh")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "authorized_keys"), public, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Ctrl-C ends a script behind sudo too.
func TestCancelBehindSudo(t *testing.T) {
	w, m := machineWorld(t, "")
	w.given("asks pass")
	h := w.works(m.Target("asks"))
	endsWhenCancelled(t, h, "/root/mark", filepath.Join(m.Root(t), "root/mark"))
}

// A password goes neither over a command line nor into the log.
func TestPasswordsStaySecret(t *testing.T) {
	w, m := machineWorld(t, "")
	var log strings.Builder
	w.opts.Log = debugLog(&log)
	w.given("asks pass")
	h := w.works(m.Target("asks"))
	out, err := h.Run(t.Context(), kvm.Cmd{Script: "cat /proc/[0-9]*/cmdline | tr '\\0' ' '; env; ps axeww"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(out.Stdout), "sudo") || strings.Contains(string(out.Stdout), "asks pass") {
		t.Error("the password is in the list of processes (or sudo is not)")
	}
	if log.Len() == 0 || strings.Contains(log.String(), "asks pass") {
		t.Errorf("the log: %s", log.String())
	}
}
