package persist

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// instruction matches the head of a line of a Dockerfile.
var instruction = lazyregexp.New(`^[ \t]*([A-Za-z]+)[ \t]+`)

// readDockerfile reads RUN as a script of the build, ENV as variables that
// programs see, CMD and ENTRYPOINT as what is run.
func (j *project) readDockerfile(d *doc.Doc, r *doc.Role) {
	instructions(d, func(name, text string, offset int) { j.instruction(d, r, name, text, offset) })
}

// imageEnv takes over the variables that an image sets for a role's scripts.
func (j *project) imageEnv(d *doc.Doc, r *doc.Role) {
	instructions(d, func(name, text string, offset int) {
		if name == "ENV" {
			inner := d.Part("image.env", envText(text), offset, reader.Shell)
			inner.Role = r
			j.export(inner, r)
		}
	})
}

// instructions goes through a Dockerfile.
func instructions(d *doc.Doc, do func(name, text string, offset int)) {
	offset := 0
	for offset < len(d.Text) {
		line := d.Text[offset:]
		end := instructionEnd(line)
		if m := instruction.FindStringSubmatchIndex(line[:end]); m != nil {
			do(strings.ToUpper(line[m[2]:m[3]]), line[m[1]:end], offset+m[1])
		}
		offset += end + 1
	}
}

func (j *project) instruction(d *doc.Doc, r *doc.Role, name, text string, offset int) {
	switch name {
	case "RUN":
		j.readScript(d.Part("run.sh", text, offset, reader.Shell), r, 1)
	case "ENV":
		if j.setAnew(r, strings.Fields(text)[0]) {
			return
		}
		inner := d.Part("image.env", envText(text), offset, reader.Shell)
		inner.Build = false
		j.readScript(inner, r, 1)
	case "VOLUME":
		j.imageVolume(d, r, text, offset)
	case "CMD", "ENTRYPOINT":
		run := d.Part("run.sh", execForm(text), offset, reader.Shell)
		run.Build = false
		j.readScript(run, r, 1)
	}
}

// setAnew reports whether a file that confd renders for a role sets a variable of an
// image's to a folder of a volume: its server reads that.
func (j *project) setAnew(r *doc.Role, variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	return slices.ContainsFunc(j.docs, func(d *doc.Doc) bool {
		if d.Pair == nil || d.Command || !d.Of(r) {
			return false
		}
		folder := folderAfter(d.Text, name+"=")
		return folder != "" && r.Itself().Disk.Where(folder, r.Mounts) == disk.Volume
	})
}

// imageVolume judges the folders that an image says are kept: what lies there is
// lost with the container, unless the role's volume is mounted there.
func (j *project) imageVolume(d *doc.Doc, r *doc.Role, text string, offset int) {
	inner := d.Part(d.Node, d.Text, 0, d.Format)
	inner.Build = false
	for _, folder := range strings.Fields(strings.NewReplacer("[", " ", "]", " ", ",", " ", `"`, " ").Replace(text)) {
		kind, sure := j.table.Inside(folder), validate.Likely
		if kind == known.Unknown {
			kind = known.Data
			if len(r.Mounts) > 0 { // it may be a base's word for a folder that is not used here
				sure = validate.Guess
			}
		}
		j.put(site{doc: inner, role: r, path: folder, kind: kind, sure: sure, why: "the image says that it is kept (VOLUME)", setting: true, offset: offset + max(strings.Index(text, folder), 0)})
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
