package rules

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// exitCodeLost finds commands of the scheduler whose last step always
// succeeds: the platform never hears that the step before it failed.
func exitCodeLost() validate.Rule {
	return validate.NewRule("exit-code-lost", validate.Warning, "A command reports success whatever happens",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			seen := map[diag.Pos]bool{}
			report := func(pos diag.Pos, c command, step lostStep) {
				if seen[pos] {
					return
				}
				seen[pos] = true
				f := r.At(pos, "%s ends with %q, which succeeds even where %q fails: %s", c.name, step.last, step.lost, heard(c.name))
				if f.In(c.role).WithFix("%s", step.fix); step.meant {
					f.As(validate.Info).With(validate.Guess)
				} else if step.mayFail {
					f.As(validate.Info).With(validate.Likely).Message = fmt.Sprintf("%s goes on where %q fails: only %q counts", c.name, step.lost, step.last)
				}
			}
			for _, c := range clusterCommands(p) {
				if !answers(c.name) {
					continue
				}
				file, _ := p.Shell(c.text)
				if step, ok := lostIn(file, c.text, c.name); ok {
					report(c.pos, c, step)
				} else if step, ok := lostEarlier(file, c.text, c.name); ok {
					report(c.pos, c, step)
				}
				eachProgramScript(p, c, func(s *nodeScript) {
					script, _ := p.Shell(s.text)
					if step, ok := lostIn(script, s.text, c.name); ok {
						report(s.at(step.offset), c, step)
					} else if step, ok := lostEarlier(script, s.text, c.name); ok {
						report(s.at(step.offset), c, step)
					}
				})
			}
			return nil
		})
}

// answers reports whether the platform acts on the exit code of a command. To
// stop, or to destroy, what is down already is no failure.
func answers(name string) bool {
	return name == "health_check.check_cmd" || strings.HasSuffix(name, ".pre_check") ||
		slices.Contains(strings.Fields("init start restart scale_in scale_out upgrade rollback backup restore delete_snapshot"),
			strings.TrimSuffix(strings.TrimPrefix(name, "services."), ".cmd"))
}

// heard is what the platform makes of a success that is none.
func heard(name string) string {
	switch {
	case name == "health_check.check_cmd":
		return "the node is always healthy"
	case strings.HasSuffix(name, ".pre_check"):
		return "nothing is ever refused"
	}
	return "the task never fails"
}

// lostStep is a step whose exit code nobody hears.
type lostStep struct {
	lost, last string // the step, and what stands behind it
	fix        string
	offset     int  // of last in the text
	meant      bool // it looks as if the author wanted it so
	mayFail    bool // last may fail as well
}

// lostIn is the step of a script whose exit code the last step hides.
func lostIn(file *syntax.File, text, name string) (lostStep, bool) {
	if file == nil || len(file.Stmts) == 0 || stopsOnFailure(file, text) {
		return lostStep{}, false
	}
	last := file.Stmts[len(file.Stmts)-1]
	if pipe, ok := last.Cmd.(*syntax.BinaryCmd); ok && pipe.Op == syntax.Pipe && !strings.Contains(text, "pipefail") && !strings.Contains(text, "PIPESTATUS") {
		return lostInPipe(pipe, text)
	}
	if len(file.Stmts) < 2 {
		return lostStep{}, false
	}
	how := alwaysSucceeds(last)
	before := file.Stmts[len(file.Stmts)-2]
	if how == "" || before.Background || !matters(before, name) {
		return lostStep{}, false
	}
	return lostStep{
		lost: source(text, before), last: source(text, last), offset: int(last.Pos().Offset()), meant: how != "echo",
		fix: "join them with &&, or begin the script with set -e",
	}, true
}

// lostEarlier is a step that a script goes on from where it fails: it starts one
// service before another, or copies data before it hands them over.
func lostEarlier(file *syntax.File, text, name string) (lostStep, bool) {
	if file == nil || len(file.Stmts) < 2 || stopsOnFailure(file, text) {
		return lostStep{}, false
	}
	last := file.Stmts[len(file.Stmts)-1]
	switch last.Cmd.(type) {
	case *syntax.CallExpr, *syntax.BinaryCmd:
	default:
		return lostStep{}, false // an if or a case may look at what was before
	}
	for _, stmt := range file.Stmts[:len(file.Stmts)-1] {
		if !stmt.Background && !stmt.Negated && (startsService(stmt, name) || copiesData(stmt)) {
			return lostStep{
				lost: source(text, stmt), last: source(text, last), offset: int(stmt.Pos().Offset()), mayFail: true,
				fix: "join them with &&, or begin the script with set -e",
			}, true
		}
	}
	return lostStep{}, false
}

// startsService reports whether a statement of a command that brings a node up
// starts a service.
func startsService(stmt *syntax.Stmt, name string) bool {
	if !slices.Contains([]string{"services.init.cmd", "services.start.cmd", "services.restart.cmd"}, name) {
		return false
	}
	word := firstWord(stmt)
	return (word == "systemctl" || word == "service") && matters(stmt, name)
}

// copiesData reports whether a statement puts data where the app looks for them.
// Where it fails, some are missing: it never means that nothing was to be done, as
// with mount or initdb.
func copiesData(stmt *syntax.Stmt) bool {
	switch firstWord(stmt) {
	case "tar", "rsync", "mysqldump", "pg_dump", "pg_basebackup", "mongodump":
		return true
	}
	return false
}

// lostInPipe is a command whose output goes to a logger: the logger's exit code
// counts.
func lostInPipe(pipe *syntax.BinaryCmd, text string) (lostStep, bool) {
	to := firstWord(pipe.Y)
	if !slices.Contains([]string{"tee", "logger"}, to) || slices.Contains([]string{"", "echo", "printf", "cat"}, firstWord(pipe.X)) {
		return lostStep{}, false
	}
	return lostStep{
		lost: source(text, pipe.X), last: source(text, pipe.Y), offset: int(pipe.Y.Pos().Offset()),
		fix: "write to the file itself (>> FILE 2>&1), or set -o pipefail",
	}, true
}

// stopsOnFailure reports whether a script ends at, or looks at, what fails.
func stopsOnFailure(file *syntax.File, text string) bool {
	first, _, _ := strings.Cut(text, "\n")
	if strings.HasPrefix(first, "#!") && strings.Contains(first, " -") && strings.Contains(first[strings.Index(first, " -"):], "e") && !strings.Contains(first, "env ") {
		return true
	}
	stops := false
	eachCall(file, func(call *syntax.CallExpr) {
		words := callWords(call)
		switch {
		case len(words) > 1 && words[0] == "set":
			stops = stops || strings.HasPrefix(words[1], "-") && strings.Contains(words[1], "e") || slices.Contains(words, "errexit")
		case len(words) > 0 && words[0] == "trap":
			stops = stops || slices.Contains(words, "ERR")
		}
	})
	return stops || strings.Contains(text, "$?")
}

// alwaysSucceeds is how a statement ends well whatever was before: "echo",
// "exit 0", "true"; "" where it may fail.
func alwaysSucceeds(stmt *syntax.Stmt) string {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || stmt.Negated || len(call.Args) == 0 {
		return ""
	}
	words := callWords(call)
	switch {
	case len(words) == 0:
	case words[0] == "echo" || words[0] == "printf":
		return "echo"
	case len(words) == 2 && (words[0] == "exit" || words[0] == "return") && words[1] == "0":
		return "exit 0"
	case words[0] == "true" || words[0] == ":":
		return "true"
	}
	return ""
}

// matters reports whether the failure of a statement is one of the task: it
// starts a service, calls a program of the app, moves its data.
func matters(stmt *syntax.Stmt, name string) bool {
	call, ok := stmt.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Args) == 0 {
		return false
	}
	words := callWords(call)
	if len(words) == 0 {
		return false
	}
	check := name == "health_check.check_cmd" || strings.HasSuffix(name, ".pre_check")
	switch words[0] {
	case "systemctl", "service", "rc-service", "supervisorctl":
		return check || slices.ContainsFunc(words, func(w string) bool { return w == "start" || w == "restart" })
	case "docker", "podman", "docker-compose":
		return slices.ContainsFunc(words, func(w string) bool { return w == "run" || w == "start" || w == "up" || w == "restart" })
	case "initdb", "mysqld", "mkfs.ext4", "mkfs.xfs", "mount":
		return true
	case "curl", "nc", "pgrep", "pidof", "kill", "grep", "test", "[":
		return check
	}
	return copiesData(stmt) || path.IsAbs(words[0]) && !systemFolder(path.Dir(words[0]))
}

// firstWord is the name of the program that a statement runs, behind wrappers.
func firstWord(stmt *syntax.Stmt) string {
	if call, ok := stmt.Cmd.(*syntax.CallExpr); ok {
		if words := callWords(call); len(words) > 0 {
			return words[0]
		}
	}
	return ""
}

// source is a node as it is written, on one line and not too long.
func source(text string, n syntax.Node) string {
	const longest = 60
	s := strings.TrimSuffix(strings.Join(strings.Fields(text[n.Pos().Offset():n.End().Offset()]), " "), ";")
	if r := []rune(s); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return s
}

// eachProgramScript visits the shell scripts of the image that a command runs as
// its last program.
func eachProgramScript(p *validate.Package, c command, visit func(*nodeScript)) {
	file, _ := p.Shell(c.text)
	if file == nil || len(file.Stmts) == 0 {
		return
	}
	call, ok := file.Stmts[len(file.Stmts)-1].Cmd.(*syntax.CallExpr)
	if !ok {
		return
	}
	name, _ := programOf(callWords(call))
	if s := scriptAt(p, c, name); s != nil {
		visit(s)
	}
}

// nodeScript is a shell script that a command runs: a file of the image, or what a
// template becomes on the command's nodes.
type nodeScript struct {
	path, text string
	at         func(offset int) diag.Pos
}

// scriptAt is the shell script at a path of the nodes that a command runs on,
// nil if there is none. What a pair writes lies over the image's file.
func scriptAt(p *validate.Package, c command, name string) *nodeScript {
	if !path.IsAbs(name) {
		return nil
	}
	images := c.imagesOf(p)
	for _, o := range outputs(p) {
		if path.Clean(o.Pair.Resource.Dest) == path.Clean(name) && (c.role == "" || c.role == o.Node.Role) && slices.Contains(images, o.Pair.Image) {
			if o.Err != nil || !isShell(o.Pair.Resource.Dest, o.Content) {
				return nil
			}
			return &nodeScript{o.Pair.TemplateName(), o.Content, o.OriginAt}
		}
	}
	for _, img := range images {
		f := rootFile(p, img, path.Clean(name))
		if f == nil {
			continue
		}
		if text, ok := p.Text(f.Path); ok && isShell(filepath.ToSlash(f.Path), text) && !isTemplate(text) {
			return &nodeScript{f.Path, text, func(offset int) diag.Pos { return diag.At(f.Path, text, offset) }}
		}
	}
	return nil
}
