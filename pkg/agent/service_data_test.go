package agent_test

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/agent"
)

// serviceFile is one file of an init system's service.
func serviceFile(t *testing.T, init agent.Init, path string) string {
	t.Helper()
	files, err := agent.Service(init)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Path == path {
			return string(f.Data)
		}
	}
	t.Fatalf("%s has no %s", init, path)
	return ""
}

// The job of upstart: stanzas that upstart 0.6 (CentOS 6) knows, and no main
// process, with which upstart would end the app.
func TestUpstartJob(t *testing.T) {
	forms := map[string]*regexp.Regexp{
		"description": regexp.MustCompile(`^"[^"]+"$`),
		"start":       regexp.MustCompile(`^on runlevel \[[0-6!]+\]$`),
		"stop":        regexp.MustCompile(`^on runlevel \[[0-6!]+\]$`),
		"pre-start":   regexp.MustCompile(`^exec /etc/init\.d/confd start$`),
		"post-stop":   regexp.MustCompile(`^exec /etc/init\.d/confd stop$`),
	}
	var seen []string
	for _, line := range strings.Split(strings.TrimSpace(serviceFile(t, agent.Upstart, "/etc/init/confd.conf")), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		stanza, rest, _ := strings.Cut(line, " ")
		if form := forms[stanza]; form == nil || !form.MatchString(rest) || slices.Contains(seen, stanza) {
			t.Errorf("the line %q", line)
		}
		seen = append(seen, stanza)
	}
	if len(seen) != len(forms) {
		t.Errorf("the stanzas %q", seen)
	}
}

// What chkconfig (CentOS 6) and insserv (Debian 7) read in the init script.
func TestInitScriptHeaders(t *testing.T) {
	text := serviceFile(t, agent.SysV, "/etc/init.d/confd")
	for _, want := range []string{
		`(?m)^# chkconfig: 2345 [0-9]{2} [0-9]{2}$`, `(?m)^# description: .+$`,
		`(?ms)^### BEGIN INIT INFO$.*^# Provides: +confd$.*^# Required-Start: +\S.*^# Required-Stop: .*^# Default-Start: +2 3 4 5$.*^# Default-Stop: .*^### END INIT INFO$`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("no %s", want)
		}
	}
}

func TestServiceScriptsAreClean(t *testing.T) {
	shellcheck := testneed.Tool(t, "shellcheck")
	for _, init := range []agent.Init{agent.SysV, agent.OpenRC} {
		// OpenRC reads variables that the script only sets.
		cmd := exec.Command(shellcheck, "-s", "sh", "-e", "SC2034", "-")
		cmd.Stdin = strings.NewReader(serviceFile(t, init, "/etc/init.d/confd"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", init, err, out)
		}
	}
}
