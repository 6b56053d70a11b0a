package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// session is a shell in an empty folder, for the commands of a page. What it
// starts in the background ends with it.
type session struct {
	in      io.Writer // the script that the shell reads, line by line
	toReal  *strings.Replacer
	toShown *strings.Replacer
	steps   int

	mu  sync.Mutex
	out strings.Builder // since the last command
}

// startSession starts a shell. The addresses in what it is given and in what it
// answers are replaced: the page's by real ones, and back.
func startSession(t *testing.T, addresses map[string]string) *session {
	t.Helper()
	home := t.TempDir()
	script, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, stream, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s := &session{in: in}
	var real, shown []string
	for page, addr := range addresses {
		real, shown = append(real, page, addr), append(shown, addr, page)
	}
	s.toReal, s.toShown = strings.NewReplacer(real...), strings.NewReplacer(shown...)

	// The script comes over a file of its own: a command that reads stdin finds it empty.
	cmd := exec.Command("bash", "--norc", "--noprofile", "/dev/fd/3")
	cmd.Dir, cmd.ExtraFiles, cmd.Stdout, cmd.Stderr = filepath.Join(home, "work"), []*os.File{script}, stream, stream
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CACHE_HOME="+home+"/.cache", "DOCKER_CONFIG="+home+"/.docker", "NO_COLOR=1", "LC_ALL=C.UTF-8", "TZ=UTC")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := os.Mkdir(cmd.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	script.Close()
	stream.Close()
	go s.listen(out)
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		in.Close()
		out.Close()
	})
	return s
}

func (s *session) listen(out io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := out.Read(buf)
		s.mu.Lock()
		s.out.Write(buf[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// run runs a command and returns its answer and exit code. One that begins with
// sleep waits for something, which may take longer here: it is asked again.
func (s *session) run(t *testing.T, command string, want *regexp.Regexp) (answer string, code int) {
	t.Helper()
	for range 5 {
		answer, code = s.once(t, command, want)
		if want.MatchString(answer) || !strings.HasPrefix(command, "sleep ") {
			break
		}
	}
	return answer, code
}

// once runs a command once. Where the answer is not the one that is wanted, a
// program in the background may still have to say it: that is waited for.
func (s *session) once(t *testing.T, command string, want *regexp.Regexp) (answer string, code int) {
	t.Helper()
	s.steps++
	s.mu.Lock()
	s.out.Reset()
	s.mu.Unlock()
	_, err := fmt.Fprintf(s.in, "%s\n{ code=$?; printf '\\n--- step %%d ends with %%d\\n' %d $code; (exit $code); } 2>/dev/null\n", s.toReal.Replace(command), s.steps)
	if err != nil {
		t.Fatal(err)
	}
	if !within(time.Minute, func() bool { _, _, ended := s.answer(); return ended }) {
		t.Fatalf("$ %s\ndoes not end:\n%s", command, s.text())
	}
	patience := 10 * time.Second
	if strings.HasPrefix(command, "sleep ") || os.Getenv("UPDATE_DOCS") != "" {
		patience = time.Second
	}
	within(patience, func() bool {
		answer, code, _ = s.answer()
		return want.MatchString(answer)
	})
	return answer, code
}

// within asks until ok, at most for so long.
func within(long time.Duration, ok func() bool) bool {
	for start := time.Now(); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > long {
			return false
		}
	}
	return true
}

// answer is what the last command has said so far, and its exit code once it ended.
func (s *session) answer() (text string, code int, ended bool) {
	before, after, _ := strings.Cut(s.text(), fmt.Sprintf("\n--- step %d ends with ", s.steps))
	number, later, ended := strings.Cut(after, "\n")
	code, _ = strconv.Atoi(number)
	text = s.toShown.Replace(before + later)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text, code, ended
}

func (s *session) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}
