package windows

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/lazyregexp"
)

// The lines below are read by cmd or by PowerShell, whichever is the machine's
// shell, and mean the same to both: each begins with the bare name of a program,
// and what is in double quotes has none of their special characters besides
// what the cmd.exe that is started reads. What cannot be said so is a batch file.
// Only exit status 0 means something: PowerShell makes 1 of all others.
const (
	service  = agent.WindowsService
	services = `HKLM\SYSTEM\CurrentControlSet\Services`
	taskName = "QingCloud App Agent log rotation"

	surveyLine = `cmd.exe /D /S /C "ver` +
		`&echo =arch=&echo %PROCESSOR_ARCHITECTURE%&echo =host=&echo %COMPUTERNAME%` +
		`&echo =disk=&dir /-C C:\` +
		`&echo =admin=&net session 2>&1&&echo ` + allowed + `"`
	productLine  = `reg.exe query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion" /v ProductName`
	taskLine     = `schtasks.exe /query /tn "` + taskName + `"`
	tasksLine    = `reg.exe query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tree"`
	versionLine  = `cmd.exe /D /S /C "cd /D ` + agent.WindowsHome + `\bin&confd.exe -version"`
	servicesLine = `reg.exe query ` + services
	serviceLine  = servicesLine + `\` + service
	stateLine    = `sc.exe query ` + service
	startLine    = `sc.exe start ` + service
	stopLine     = `sc.exe stop ` + service
	deleteLine   = `sc.exe delete ` + service
	allowed      = "=allowed=" // what only an administrator may do was done
	untaskLine   = `schtasks.exe /delete /tn "` + taskName + `" /f`
)

// batchLine runs a batch file of a folder.
func batchLine(dir, name string) string { return `cmd.exe /D /S /C "cd /D ` + dir + "&" + name + `"` }

// said is what surveyLine printed, by its marks; "" is the answer of ver.
func said(text string) map[string]string {
	out, mark := map[string]string{}, ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if len(line) > 2 && line[0] == '=' && line[len(line)-1] == '=' {
			mark = line[1 : len(line)-1]
			continue
		}
		out[mark] += line + "\n"
	}
	return out
}

var (
	versionIn = lazyregexp.New(`\b(\d+)\.(\d+)\.(\d+)`)
	numberIn  = lazyregexp.New(`\d+`)
	// What reg says of a value: its name, its type, and the value.
	valueIn = lazyregexp.New(`^\s*(\S+)\s+REG_[A-Z_]+\s+(.*?)\s*$`)
	// The one word of sc's answer that is in no language.
	stateIn = lazyregexp.New(`\b[1-7]\s+(STOPPED|START_PENDING|STOP_PENDING|RUNNING|CONTINUE_PENDING|PAUSE_PENDING|PAUSED)\b`)
	// "System error 5 has occurred": not an administrator, in whatever language.
	deniedIn = lazyregexp.New(`(^|[^\d.])5([^\d.]|\.?$)`)
)

func match(r *lazyregexp.Regexp, text string) string {
	if m := r.FindStringSubmatch(text); m != nil {
		return m[len(m)-1]
	}
	return ""
}

// valueOf is what reg says of a value; "" where it says nothing of it.
func valueOf(name, text string) string {
	for line := range strings.Lines(text) {
		if m := valueIn.FindStringSubmatch(line); m != nil && strings.EqualFold(m[1], name) {
			return m[2]
		}
	}
	return ""
}

// isAdmin reports whether the one who logged in may change the machine, as far
// as "net session" tells: it is refused to everybody else.
func isAdmin(text string, answer string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(answer), "\n")
	return strings.Contains(text, allowed) || !deniedIn.MatchString(first)
}

// free is the number in dir's last line, in bytes; -1 where there is none.
func free(dir string) int64 {
	lines := strings.Split(strings.TrimSpace(dir), "\n")
	numbers := numberIn.FindAllString(lines[len(lines)-1], -1)
	if len(numbers) == 0 {
		return -1
	}
	n, err := strconv.ParseInt(numbers[len(numbers)-1], 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// serviceBatch registers the service, for a manual start: natively, or through
// nssm.exe, with the arguments of the platform's own installer. replace removes
// the one that there is.
func serviceBatch(nssm, replace bool) []byte {
	lines := []string{"@echo off"}
	if replace {
		lines = append(lines, deleteLine)
	}
	const bin = agent.WindowsHome + `\bin\`
	if nssm {
		lines = append(lines,
			`"`+bin+`nssm.exe" install `+service+` "`+bin+`confd.exe" "--config-file \"`+agent.WindowsHome+`\confd\confd.toml\""`,
			`"`+bin+`nssm.exe" set `+service+` DisplayName "QingCloud App Agent"`,
			`"`+bin+`nssm.exe" set `+service+` Start SERVICE_DEMAND_START`)
	} else {
		lines = append(lines, `sc.exe create `+service+` binPath= "\"`+bin+`confd.exe\"" start= demand DisplayName= "QingCloud App Agent"`)
	}
	return batch(lines)
}

// taskBatch makes the task that keeps logs small.
func taskBatch() []byte {
	return batch([]string{"@echo off",
		`schtasks.exe /create /tn "` + taskName + `" /sc daily /st 03:00 /ru SYSTEM /f /tr "powershell.exe -NoProfile -ExecutionPolicy Bypass -File \"` + agent.WindowsHome + `\bin\logrotate.ps1\""`})
}

func batch(lines []string) []byte {
	return []byte(strings.Join(slices.Concat(lines, []string{""}), "\r\n"))
}

// image is the program of a service's ImagePath, without its folder: confd.exe or nssm.exe.
func image(imagePath string) string {
	program := imagePath
	if rest, ok := strings.CutPrefix(program, `"`); ok {
		program, _, _ = strings.Cut(rest, `"`)
	}
	return strings.ToLower(path.Base(strings.ReplaceAll(program, `\`, "/")))
}
