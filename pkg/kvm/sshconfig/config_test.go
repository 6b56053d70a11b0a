package sshconfig

import (
	"context"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/appimg/appimg/internal/testneed"
	"github.com/appimg/appimg/pkg/diag"
)

// Every file of testdata/agree is read by ssh -G and by this package, for every
// host that its first line names (a USER@ before one is the command line's -l);
// they have to agree.
func TestAgreesWithOpenSSH(t *testing.T) {
	ssh := testneed.Tool(t, "ssh")
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/agree/*.conf")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		here, err := filepath.Abs("testdata/include")
		if err != nil {
			t.Fatal(err)
		}
		conf := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(conf, []byte(strings.ReplaceAll(string(text), "@HERE@", here)), 0o600); err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		for _, host := range strings.Fields(strings.TrimPrefix(first, "# hosts:")) {
			t.Run(filepath.Base(file)+"/"+host, func(t *testing.T) {
				args := []string{"-G", "-F", conf}
				q := Query{Host: host}
				if login, name, ok := strings.Cut(host, "@"); ok {
					q = Query{Host: name, User: login}
					args = append(args, "-l", login)
				}
				out, err := exec.Command(ssh, append(args, q.Host)...).CombinedOutput()
				if err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				compare(t, conf, q, me, string(out))
			})
		}
	}
}

func compare(t *testing.T, conf string, q Query, me *user.User, dump string) {
	t.Helper()
	c, err := Load(Options{Home: me.HomeDir, User: me.Username, File: conf})
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.For(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for _, l := range strings.Split(dump, "\n") {
		k, v, _ := strings.Cut(strings.TrimSpace(l), " ")
		want[k] = append(want[k], v)
	}
	w := newWalker(c, q)
	w.values["user"], w.values["hostname"], w.values["port"] = []string{s.User}, []string{s.HostName}, []string{strconv.Itoa(s.Port)}
	if len(s.ProxyJump) > 0 {
		w.values["proxyjump"] = []string{strings.Join(s.ProxyJump, ",")}
	}
	expanded := func(key string) []string {
		var out []string
		for _, line := range want[key] {
			for _, f := range strings.Fields(line) {
				if p, err := w.path(f); err != nil {
					t.Errorf("%s: %v", key, err)
				} else if f != "none" {
					out = append(out, p)
				}
			}
		}
		return out
	}
	identities := s.IdentityFiles
	if s.IdentityDefaults { // this ssh may know more kinds of keys
		identities = expanded("identityfile")
	}
	timeout := "none"
	if s.ConnectTimeout > 0 {
		timeout = strconv.Itoa(int(s.ConnectTimeout.Seconds()))
	}
	yesNo := map[bool]string{true: "yes", false: "no"}
	for _, x := range []struct {
		key       string
		got, want any
	}{
		{"hostname", s.HostName, want["hostname"][0]},
		{"user", s.User, want["user"][0]},
		{"port", strconv.Itoa(s.Port), want["port"][0]},
		{"identityfile", identities, expanded("identityfile")},
		{"certificatefile", s.CertificateFiles, expanded("certificatefile")},
		{"userknownhostsfile", s.UserKnownHostsFiles, expanded("userknownhostsfile")},
		{"globalknownhostsfile", s.GlobalKnownHosts, expanded("globalknownhostsfile")},
		{"identitiesonly", yesNo[s.IdentitiesOnly], want["identitiesonly"][0]},
		{"proxyjump", strings.Join(s.ProxyJump, ","), strings.Join(want["proxyjump"], "")},
		{"proxycommand", s.ProxyCommand, percent(t, w, strings.Join(want["proxycommand"], ""))},
		{"connecttimeout", timeout, want["connecttimeout"][0]},
		{"serveraliveinterval", strconv.Itoa(int(s.ServerAliveInterval.Seconds())), want["serveraliveinterval"][0]},
		{"serveralivecountmax", strconv.Itoa(s.ServerAliveCountMax), want["serveralivecountmax"][0]},
		{"hashknownhosts", yesNo[s.HashKnownHosts], want["hashknownhosts"][0]},
		{"hostkeyalias", s.HostKeyAlias, strings.Join(want["hostkeyalias"], "")},
		{"addressfamily", s.AddressFamily, want["addressfamily"][0]},
		{"passwordauthentication", yesNo[s.PasswordAuth], want["passwordauthentication"][0]},
		{"kbdinteractiveauthentication", yesNo[s.KbdInteractiveAuth], want["kbdinteractiveauthentication"][0]},
	} {
		if !reflect.DeepEqual(x.got, x.want) {
			t.Errorf("%s = %#v, ssh has %#v", x.key, x.got, x.want)
		}
	}
	if s.StrictHostKey != strictName(want["stricthostkeychecking"][0]) {
		t.Errorf("stricthostkeychecking = %q, ssh has %q", s.StrictHostKey, want["stricthostkeychecking"])
	}
}

// percent expands what ssh -G shows as written.
func percent(t *testing.T, w *walker, s string) string {
	t.Helper()
	out, err := w.tokens().expand(s, proxyTokens)
	if err != nil {
		t.Error(err)
	}
	return out
}

func strictName(s string) string {
	return map[string]string{"true": "yes", "false": "no", "off": "no"}[s] + map[string]string{"ask": "ask", "accept-new": "accept-new", "yes": "yes", "no": "no"}[s]
}

func TestMistakesHaveTheirPlace(t *testing.T) {
	for text, want := range map[string]string{
		"Host a\n  Port ssh\n":                  `config:2:3: port: "ssh" is no number from 1 to 65535`,
		"Match\n":                               "config:1:1: match: Match needs a condition",
		"Match bogus x\n":                       `config:1:1: match: Match does not know the condition "bogus"`,
		"Match host\n":                          "config:1:1: match: Match host needs an argument",
		"IdentityFile \"a\n":                    "config:1:1: identityfile: a quote is not closed",
		"\n\tHostName\n":                        "config:2:2: hostname: its argument is missing",
		"ConnectTimeout soon\n":                 `config:1:1: connecttimeout: "soon" is no time`,
		"IdentitiesOnly maybe\n":                `config:1:1: identitiesonly: "maybe" is neither yes nor no`,
		"UserKnownHostsFile ${NO_SUCH_THING}\n": `config:1:1: userknownhostsfile: "${NO_SUCH_THING}" names the environment variable "NO_SUCH_THING", which is not set`,
		"ProxyCommand nc %q\n":                  `config:1:1: proxycommand: "nc %q" has a token that is not known there`,
	} {
		home := t.TempDir()
		file := filepath.Join(home, "config")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(Options{Home: home, User: "me", File: file})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.For(t.Context(), Query{Host: "a"})
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q gives %v, want …%s", text, err, want)
		}
		if diag.PosOf(err).File != file {
			t.Errorf("%q has no place", text)
		}
	}
}

func TestUserThenSystemFile(t *testing.T) {
	home := t.TempDir()
	ssh := filepath.Join(home, ".ssh")
	system := filepath.Join(t.TempDir(), "ssh_config")
	for file, text := range map[string]string{
		filepath.Join(ssh, "config"):  "Include part\nHost x\nUser user\n",
		filepath.Join(ssh, "part"):    "Port 7\n",
		system:                        "User system\nPort 8\nHostKeyAlias sys\nInclude more.d/*\n",
		filepath.Join(ssh, "unlucky"): "Port 9\n",
		filepath.Join(filepath.Dir(system), "more.d", "a"): "BindAddress 127.0.0.1\n",
	} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := Load(Options{Home: home, User: "me", SystemFile: system})
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.For(t.Context(), Query{Host: "x"})
	if err != nil || s.User != "user" || s.Port != 7 || s.HostKeyAlias != "sys" || s.BindAddress != "127.0.0.1" {
		t.Errorf("got %+v, %v", s, err)
	}
	if _, err := Load(Options{Home: home, File: filepath.Join(home, "none")}); err == nil {
		t.Error("a file that was asked for and is not there is no error")
	}
}

func TestAgentSocket(t *testing.T) {
	env := map[string]string{"SSH_AUTH_SOCK": "/run/agent", "MINE": "/run/mine"}
	for value, want := range map[string]string{"": "/run/agent", "none": "", "SSH_AUTH_SOCK": "/run/agent", "$MINE": "/run/mine", "${MINE}.%r": "/run/mine.me", "~/a": "/home/me/a"} {
		file := filepath.Join(t.TempDir(), "config")
		text := ""
		if value != "" {
			text = "IdentityAgent " + value + "\n"
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(Options{Home: "/home/me", User: "me", File: file, Getenv: func(k string) string { return env[k] }})
		if err != nil {
			t.Fatal(err)
		}
		s, err := c.For(t.Context(), Query{Host: "x"})
		if err != nil || s.IdentityAgent != want {
			t.Errorf("IdentityAgent %s: %+v, %v; want %q", value, s, err, want)
		}
	}
}

func FuzzFor(f *testing.F) {
	for _, s := range []string{"Host a\nPort 1\n", "Match exec \"x %h\" user b\n", "Include a*\n", "a=\"b\\\"c\" '#' # d\n", "Match final all\nHostName %h.x\n", "ConnectTimeout 1h3\n"} {
		f.Add(s)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(strings.ToLower(text), "include") {
			return // the input must not choose files of this machine
		}
		file := filepath.Join(dir, "config")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := Load(Options{Home: "/home/me", User: "me", File: file, Exec: func(context.Context, string) bool { return true }})
		if err != nil {
			t.Fatal(err)
		}
		if s, err := c.For(t.Context(), Query{Host: "a"}); err == nil && (s.Port < 1 || s.User == "") {
			t.Errorf("%q gives %+v", text, s)
		}
	})
}
