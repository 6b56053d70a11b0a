package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// input is what one command of a pipe hands to the next one, where that is a text
// of the script.
type input struct {
	body *syntax.Redirect // a here-document
	text string
	at   int
}

// inputOf is what a statement prints: the here-document of cat, the words of
// echo; of several statements what the last one prints.
func (w *walker) inputOf(s *syntax.Stmt) *input {
	switch c := s.Cmd.(type) {
	case *syntax.Subshell:
		if n := len(c.Stmts); n > 0 {
			return w.inputOf(c.Stmts[n-1])
		}
	case *syntax.Block:
		if n := len(c.Stmts); n > 0 {
			return w.inputOf(c.Stmts[n-1])
		}
	case *syntax.CallExpr:
		if len(c.Args) == 0 {
			return nil
		}
		var all []Value
		for _, word := range c.Args {
			all = append(all, w.word(word)...)
		}
		k := unwrap(newCall(all, s.Redirs))
		switch {
		case k.name == "cat" && k.body != nil:
			return &input{body: k.body}
		case k.name == "echo" || k.name == "printf":
			if t, at := said(k); at >= 0 {
				return &input{text: t, at: at}
			}
		}
	}
	return nil
}

// said is what echo and printf print, and where that begins; -1 if it is nothing.
func said(k call) (string, int) {
	var texts []string
	at := -1
	for _, a := range k.args {
		if at < 0 && strings.HasPrefix(a.Text, "-") && len(a.Text) <= 3 {
			continue
		}
		if at < 0 {
			at = a.At.Offset
		}
		texts = append(texts, strings.ReplaceAll(a.Text, `\n`, "\n"))
	}
	if k.name == "printf" && len(texts) > 1 && strings.Contains(texts[0], "%s") {
		texts = []string{formatted(texts[0], texts[1:])}
	}
	return strings.Join(texts, " "), at
}

// formatted is what printf makes of its arguments: the format is used again as long
// as there are some.
func formatted(format string, args []string) string {
	var b strings.Builder
	for len(args) > 0 && b.Len() < maxText {
		one := format
		for strings.Contains(one, "%s") && len(args) > 0 {
			one = strings.Replace(one, "%s", args[0], 1)
			args = args[1:]
		}
		b.WriteString(one)
	}
	return b.String()
}

// fed reports whether a pipe hands a text to a command that writes it to file,
// and tells so.
func (w *walker) fed(file Value, whole bool) bool {
	switch in := w.piped; {
	case in == nil:
		return false
	case in.body != nil:
		w.hereDocument(in.body, file, whole)
	default:
		w.emit(Event{Op: Content, Path: file.Text, At: file.At, Use: file.use(), Base: file.Base, Text: in.text, TextAt: in.at, Whole: whole, Command: "echo"})
	}
	return true
}

// crontab is `… | crontab -`, and crontab with a here-document.
func (w *walker) crontab(k call) {
	file := Value{Text: "/var/spool/cron/crontab"}
	if k.body != nil {
		w.hereDocument(k.body, file, true)
		return
	}
	w.fed(file, true)
}
