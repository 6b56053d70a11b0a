package persist

import (
	"regexp"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// instruction matches the head of a line of a Dockerfile.
var instruction = regexp.MustCompile(`^[ \t]*([A-Za-z]+)[ \t]+`)

// readDockerfile reads RUN as a script of the build, ENV as variables that
// programs see, CMD and ENTRYPOINT as what is run.
func (j *project) readDockerfile(d *doc, r *role) {
	offset := 0
	for offset < len(d.text) {
		line := d.text[offset:]
		end := instructionEnd(line)
		if m := instruction.FindStringSubmatchIndex(line[:end]); m != nil {
			j.instruction(d, r, strings.ToUpper(line[m[2]:m[3]]), line[m[1]:end], offset+m[1])
		}
		offset += end + 1
	}
}

func (j *project) instruction(d *doc, r *role, name, text string, offset int) {
	switch name {
	case "RUN":
		j.readScript(d.part("run.sh", text, offset, reader.Shell), r, 1)
	case "ENV":
		inner := d.part("image.env", envText(text), offset, reader.Shell)
		inner.build = false
		j.readScript(inner, r, 1)
	case "CMD", "ENTRYPOINT":
		run := d.part("run.sh", execForm(text), offset, reader.Shell)
		run.build = false
		j.readScript(run, r, 1)
	}
}

// envText is the text of ENV as a script: export A=b, for ENV A b too.
func envText(text string) string {
	first, rest, ok := strings.Cut(strings.TrimSpace(text), " ")
	if ok && !strings.Contains(first, "=") {
		return "export " + first + "='" + strings.TrimSpace(rest) + "'"
	}
	return "export " + text
}

// execForm makes a command line of ["a", "b"].
func execForm(text string) string {
	t := strings.TrimSpace(text)
	if !strings.HasPrefix(t, "[") {
		return text
	}
	return strings.NewReplacer("[", " ", "]", " ", ",", " ").Replace(t)
}

// instructionEnd is where an instruction ends: lines that end in a backslash go
// on, comments between them do not end it; a here-document is part of it.
func instructionEnd(text string) int {
	at := 0
	for {
		line, _, more := strings.Cut(text[at:], "\n")
		body := strings.TrimSpace(line)
		at += len(line)
		if !more || !strings.HasSuffix(body, `\`) && !(strings.HasPrefix(body, "#") && at > len(line)) {
			return at
		}
		at++
	}
}
