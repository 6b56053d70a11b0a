package shell

import "strings"

// sed tells the text that sed -i puts into a file.
func (w *walker) sed(k call) {
	options, operands := split(k.args, "-e -f --expression")
	if !short(options, "i") && !has(options, "--in-place") {
		return
	}
	var scripts []Value
	for i, a := range k.args {
		if (a.Text == "-e" || a.Text == "--expression") && i+1 < len(k.args) {
			scripts = append(scripts, k.args[i+1])
		}
	}
	if len(scripts) == 0 && len(operands) > 0 {
		scripts, operands = operands[:1], operands[1:]
	}
	for _, file := range operands {
		if k.told {
			w.made(k, file, "a secret")
		}
		for _, s := range scripts {
			w.replaced(s, file)
		}
	}
}

func (w *walker) replaced(script, file Value) {
	text := replacement(script.Text)
	if text == "" {
		return
	}
	w.emit(Event{Op: Content, Path: file.Text, At: file.At, Use: file.use(), Base: file.Base, Text: text, TextAt: script.At.Offset, Command: "sed"})
}

// replacement is what a sed command writes: of s, a, i and c.
func replacement(script string) string {
	if i := strings.Index(script, "s"); i >= 0 && i+1 < len(script) {
		delim := script[i+1]
		if strings.IndexByte("/|#,@!%+:~^", delim) >= 0 {
			if parts := splitSed(script[i+2:], delim); len(parts) >= 2 {
				return parts[1]
			}
		}
	}
	for _, c := range []string{`a\`, `c\`, `i\`, "a ", "c ", "i "} {
		if _, text, ok := strings.Cut(script, c); ok {
			return strings.TrimSpace(text)
		}
	}
	return ""
}

// splitSed splits at a delimiter that has no backslash before it.
func splitSed(text string, delim byte) []string {
	var out []string
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == delim:
			i++
			b.WriteByte(delim)
		case text[i] == delim:
			out = append(out, b.String())
			b.Reset()
		default:
			b.WriteByte(text[i])
		}
	}
	return append(out, b.String())
}
