package reader

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// windowsSecrets follows what is made at random in a script of Windows: through
// variables, functions and texts of several lines.
type windowsSecrets struct {
	vars      map[string]bool // that hold something of it, in lower case
	functions map[string]bool // that make something of it, in lower case
	function  string          // the one that is read
	here      string          // the variable that a text of several lines is put into; "|" where it is piped
	heard     bool            // the text of several lines has something of it
	blocks    []bool          // the open braces: whether they are of a question for a file
	asking    bool            // the line asks for a file
}

var (
	winRandom   = lazyregexp.New(`(?i)New-Guid|\bguid\]::NewGuid|Get-Random|GeneratePassword|RandomNumberGenerator|RNGCryptoServiceProvider|Read-Host|%RANDOM%|New-SelfSignedCertificate`)
	winFunction = lazyregexp.New(`(?i)^function[ \t]+([\w\-]+)`)
	winFilled   = lazyregexp.New(`(?i)\.(?:GetBytes|Fill|GetNonZeroBytes)\([ \t]*\$(\w+)`)
	winSet      = lazyregexp.New(`(?i)^(?:\[[\w.\[\]]+\][ \t]*)?\$(?:env:|script:|global:)?(\w+)[ \t]*\+?=|^@?set[ \t]+"?(\w+)=`)
	winKeyFile  = lazyregexp.New(`(?i)\bBACKUP[ \t]+(?:CERTIFICATE|(?:SERVICE[ \t]+)?MASTER[ \t]+KEY)\b.*?\bFILE[ \t]*=[ \t]*N?['"]([^'"]+)`)
	winWritten  = lazyregexp.New(`(?i)::(?:WriteAll|AppendAll)(?:Text|Bytes|Lines)\([ \t]*("[^"]*"|'[^']*'|\$\w+)[ \t]*,`)
)

// see notes what a line does with variables and functions.
func (w *windowsSecrets) see(line string) {
	if m := winFunction.FindStringSubmatch(line); m != nil {
		w.function = strings.ToLower(m[1])
	}
	found := w.in(line)
	if found && w.function != "" && winRandom.MatchString(line) {
		w.functions[w.function] = true
	}
	w.braces(line)
	if m := winFilled.FindStringSubmatch(line); m != nil {
		w.vars[strings.ToLower(m[1])] = true
	}
	switch {
	case strings.HasPrefix(line, `"@`) || strings.HasPrefix(line, `'@`):
		if w.here != "" {
			w.vars[w.here] = w.heard
		}
		w.here = ""
	case w.here != "":
		w.heard = w.heard || found
	default:
		w.assigned(line, found)
	}
}

func (w *windowsSecrets) assigned(line string, found bool) {
	name := "|"
	if m := winSet.FindStringSubmatch(line); m != nil {
		name = strings.ToLower(m[1] + m[2])
		w.vars[name] = found || w.vars[name] && strings.Contains(m[0], "+=")
	}
	if strings.HasSuffix(line, `@"`) || strings.HasSuffix(line, `@'`) {
		w.here, w.heard = name, false
	}
}

// braces follows blocks: if (-not (Test-Path C:\\x)) {
func (w *windowsSecrets) braces(line string) {
	lower := strings.ToLower(line)
	w.asking = strings.Contains(lower, "test-path") || strings.Contains(lower, "not exist")
	for _, c := range line {
		switch {
		case c == '{':
			w.blocks = append(w.blocks, w.asking)
		case c == '}' && len(w.blocks) > 0:
			w.blocks = w.blocks[:len(w.blocks)-1]
		}
	}
	if len(w.blocks) == 0 {
		w.function = ""
	}
}

// guarded reports whether the line that is read hangs on a file.
func (w *windowsSecrets) guarded() bool {
	return w.asking || slices.Contains(w.blocks, true)
}

// in reports whether a text has something of what is made at random: its source, a
// variable, a function.
func (w *windowsSecrets) in(text string) bool {
	if winRandom.MatchString(text) || strings.HasPrefix(text, `"@`) && w.vars["|"] {
		return true
	}
	for _, m := range winVar.FindAllStringSubmatch(text, 50) {
		if w.vars[strings.ToLower(m[1]+m[2])] {
			return true
		}
	}
	if len(w.functions) == 0 {
		return false
	}
	for _, word := range winName.FindAllString(text, 50) {
		if w.functions[strings.ToLower(word)] {
			return true
		}
	}
	return false
}

// winName matches what may be the name of a function.
var winName = lazyregexp.New(`[A-Za-z][\w\-]+`)
