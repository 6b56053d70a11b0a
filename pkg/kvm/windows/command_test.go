package windows

import (
	"path"
	"strings"
	"testing"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
)

// What cmd and PowerShell both take for the same: a bare program's name, and
// words or quoted words without their special characters.
func TestLinesMeanTheSameToEveryShell(t *testing.T) {
	for _, line := range []string{surveyLine, productLine, servicesLine, serviceLine, taskLine, tasksLine, versionLine, stateLine, startLine, stopLine, deleteLine, untaskLine, batchLine(windowsPath(stateDir), path.Base(batchFile))} {
		program, _, _ := strings.Cut(line, " ")
		if !strings.HasSuffix(program, ".exe") || strings.ContainsAny(program, `"\/`) {
			t.Errorf("%s: %q is no bare name", line, program)
		}
		parts := strings.Split(line, `"`)
		if len(parts)%2 == 0 {
			t.Errorf("%s: a quote is open", line)
		}
		for i, part := range parts {
			special := "$`"
			if i%2 == 0 {
				special += "&|<>();,@{}%'"
			}
			if strings.ContainsAny(part, special) {
				t.Errorf("%s: %q has a special character", line, part)
			}
		}
		if len(line) > 2000 {
			t.Errorf("%d characters: cmd takes 8191 at most, with what it is called by", len(line))
		}
	}
	for _, text := range [][]byte{serviceBatch(true, true), serviceBatch(false, false), taskBatch()} {
		if strings.Contains(string(text), "%") || !strings.HasSuffix(string(text), "\r\n") {
			t.Errorf("%q", text)
		}
	}
}

func TestAnswersInOtherLanguages(t *testing.T) {
	s := said("\r\nMicrosoft Windows [版本 10.0.17763.1339]\r\n=arch=\r\nAMD64\r\n=disk=\r\n 驱动器 C 中的卷没有标签。\r\n\r\n              16 个目录  21474836480 可用字节\r\n=admin=\r\n发生系统错误 5。\r\n\r\n拒绝访问。\r\n")
	if got := versionIn.FindString(s[""]); got != "10.0.17763" {
		t.Errorf("version %q", got)
	}
	if got := free(s["disk"]); got != 21474836480 {
		t.Errorf("%d bytes free", got)
	}
	for text, admin := range map[string]bool{
		s["admin"]: false,
		"System error 5 has occurred.\n\nAccess is denied.\n":                                        false,
		"There are no entries in the list.\n" + allowed:                                              true,
		"The Server service is not started.\n\nMore help is available by typing NET HELPMSG 2114.\n": true,
		"Computer  User name  Opens\n\\\\10.5.5.5  admin  5  00:05:15\n" + allowed:                   true,
	} {
		if isAdmin(text, text) != admin {
			t.Errorf("%q: an administrator is %v", text, !admin)
		}
	}
	for text, want := range map[string]string{
		"        STATE              : 4  RUNNING \r\n":  "RUNNING",
		"        状态               : 1  STOPPED \r\n":    "STOPPED",
		"[SC] EnumQueryServicesStatus:OpenService 1060": "",
	} {
		if got := match(stateIn, text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := valueOf("imagepath", "\r\nHKEY_LOCAL_MACHINE\\X\r\n    ImagePath    REG_EXPAND_SZ    \"C:\\A b\\bin\\NSSM.exe\" -x\r\n\r\n"); image(got) != nssm {
		t.Errorf("%q", got)
	}
	if got := image(`C:\x\confd.exe`); got != "confd.exe" {
		t.Errorf("%q", got)
	}
}

// What a machine is refused for, before anything is written there.
func TestUnfitMachines(t *testing.T) {
	for name, c := range map[string]struct {
		version string
		builtin bool
		admin   bool
		why     string
		hint    string
	}{
		"Windows Server 2016":     {"10.0.14393", true, true, "", ""},
		"2012, its own daemon":    {"6.3.9600", false, true, "", ""},
		"2012, the built-in":      {"6.3.9600", true, true, "needs Windows 10", "--agent official"},
		"nobody's administrator":  {"10.0.17763", true, false, "no administrator", "log in as Administrator"},
		"a version of no Windows": {"", true, true, "is not known", ""},
	} {
		i := &install{o: kvm.InstallOptions{Builtin: c.builtin}, m: &machine{admin: c.admin}, r: &kvm.Report{Facts: &kvm.Facts{System: "Windows", Version: c.version}}}
		err := i.fit()
		if (err == nil) != (c.why == "") || err != nil && (!strings.Contains(err.Error(), c.why) || !strings.Contains(strings.Join(diag.Hints(err), "\n"), c.hint)) {
			t.Errorf("%s: %v, %q", name, err, diag.Hints(err))
		}
	}
	acts := []kvm.Action{{Do: "write", Size: 8 << 20}}
	for free, fits := range map[int64]bool{-1: true, 20 << 20: false, 30 << 20: true} {
		if err := (&install{m: &machine{free: free}, acts: acts}).room(); (err == nil) != fits {
			t.Errorf("%d bytes free: %v", free, err)
		}
	}
}
