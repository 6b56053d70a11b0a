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
	mark := fmt.Sprintf("\n--- step %d ends with ", s.steps)
	_, err := fmt.Fprintf(s.in, "%s\n{ code=$?; printf '\\n--- step %%d ends with %%d\\n' %d $code; (exit $code); } 2>/dev/null\n", s.toReal.Replace(command), s.steps)
	if err != nil {
		t.Fatal(err)
	}
	const longest = time.Minute
	patience := 10 * time.Second
	if strings.HasPrefix(command, "sleep ") || os.Getenv("UPDATE_DOCS") != "" {
		patience = time.Second
	}
	start, ended := time.Now(), time.Time{}
	for {
		s.mu.Lock()
		text := s.out.String()
		s.mu.Unlock()
		before, after, done := strings.Cut(text, mark)
		number, rest, whole := strings.Cut(after, "\n")
		if done && whole {
			if ended.IsZero() {
				ended = time.Now()
			}
			code, _ = strconv.Atoi(number)
			answer = s.toShown.Replace(before + rest)
			if answer != "" && !strings.HasSuffix(answer, "\n") {
				answer += "\n"
			}
			if want.MatchString(answer) || time.Since(ended) > patience {
				return answer, code
			}
		} else if time.Since(start) > longest {
			t.Fatalf("$ %s\ndoes not end:\n%s", command, text)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
