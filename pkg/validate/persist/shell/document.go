package shell

import (
	"maps"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// bodyOf tells what becomes of a here-document: it is written where the output
// of cat goes, or to the file that a command is given as its first word. An
// interpreter runs it.
func (w *walker) bodyOf(k call, written Value, s *syntax.Stmt) {
	switch {
	case interpreters[k.name] || k.name == "tee":
		return // done where the command is
	case written.Text != "":
		w.hereDocument(k.body, written, !appends(s))
		if k.given(w) {
			w.made(k, written, "a secret")
		}
	case readsInput(k.name):
	default:
		for _, a := range k.args {
			if strings.HasPrefix(a.Text, "/") || strings.HasPrefix(a.Text, "$") && strings.Contains(a.Text, "/") {
				w.hereDocument(k.body, a, true)
				return
			}
		}
	}
}

func appends(s *syntax.Stmt) bool {
	for _, r := range s.Redirs {
		if r.Op == syntax.AppOut || r.Op == syntax.AppAll {
			return true
		}
	}
	return false
}

// readsInput are programs that do something else with their input than to
// write it to a file that they name.
func readsInput(name string) bool {
	switch name {
	case "cat", "mysql", "psql", "sqlplus", "mongo", "mongosh", "redis-cli", "ssh", "ftp", "sftp", "fdisk", "parted", "passwd",
		"chpasswd", "expect", "crontab", "docker", "kubectl", "patch", "read", "while", "grep", "awk", "sed", "xargs", "debconf-set-selections":
		return true
	}
	return false
}

func (w *walker) hereDocument(r *syntax.Redirect, file Value, whole bool) {
	start, text := w.document(r)
	e := Event{Op: Content, Path: file.Text, At: file.At, Use: file.use(), Base: file.Base, Text: text, TextAt: start, Whole: whole, Command: "cat"}
	if r.Word != nil && len(r.Word.Parts) == 1 && r.Word.Lit() != "" && !strings.Contains(r.Word.Lit(), `\`) {
		e.Vars = maps.Clone(w.vars)
	}
	w.emit(e)
}

// document is the body of a here-document as it stands, and its offset.
func (w *walker) document(r *syntax.Redirect) (int, string) {
	if r.Hdoc == nil || len(r.Hdoc.Parts) == 0 {
		return 0, ""
	}
	start := int(r.Hdoc.Pos().Offset())
	end := int(r.Hdoc.End().Offset())
	if start > end || end > len(w.text) {
		return 0, ""
	}
	return start, withoutEnd(w.text[start:end], r.Word)
}

// withoutEnd takes the line that ends a here-document away.
func withoutEnd(body string, word *syntax.Word) string {
	cut := strings.LastIndexByte(strings.TrimRight(body, "\n"), '\n') + 1
	end := strings.Trim(strings.TrimSpace(body[cut:]), `"'\`)
	for _, p := range word.Parts {
		switch p := p.(type) {
		case *syntax.Lit:
			if strings.Trim(p.Value, `\`) == end {
				return body[:cut]
			}
		case *syntax.SglQuoted:
			if p.Value == end {
				return body[:cut]
			}
		case *syntax.DblQuoted:
			if len(p.Parts) == 1 {
				if l, ok := p.Parts[0].(*syntax.Lit); ok && l.Value == end {
					return body[:cut]
				}
			}
		}
	}
	return body
}
