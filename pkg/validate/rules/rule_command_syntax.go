package rules

import (
	"context"
	"errors"
	"io"
	"strings"
	"text/template"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/validate"
)

// commandSyntax finds commands that a shell cannot run: reload_cmd, check_cmd
// and those of cluster.json.mustache.
func commandSyntax() validate.Rule {
	return validate.NewRule("command-syntax", validate.Error, "A shell cannot run a command",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range read(p.Pairs()) {
				if why := templateFault(pair.Resource.CheckCmd); why != "" {
					r.At(pair.Resource.Pos("check_cmd"), "check_cmd is no template that confd can fill in: %s: the file is never written", why).
						WithFix("the new file is called {{.src}}, with a dot; nothing else is there")
				}
			}
			for _, c := range commands(p) {
				file, err := p.Shell(c.text)
				if why := parseFault(err); why != "" {
					r.At(c.pos, "%s is no command that a shell can run: %s", c.name, why).In(c.role)
				}
				if why := chmodFault(file); why != "" {
					r.At(c.pos, "%s: %s", c.name, why).In(c.role).WithFix("write the mode without blanks: chmod +x FILE")
				}
			}
			return nil
		})
}

// templateFault is why confd cannot fill in a check_cmd, which has only .src;
// "" if it can.
func templateFault(check string) string {
	t, err := template.New("").Parse(check)
	if err == nil {
		err = t.Option("missingkey=error").Execute(io.Discard, map[string]string{"src": "FILE"})
	}
	if err == nil {
		return ""
	}
	parts := strings.Split(err.Error(), ": ") // template: :1: why
	return parts[len(parts)-1]
}

// command is a command with the place that it stands at.
type command struct {
	name  string // what it is: "reload_cmd", "services.start.cmd"
	role  string // "" for a pair's
	text  string
	pos   diag.Pos
	image *validate.Pair // the pair that it is of; nil for the cluster's
}

// commands are those of the pairs and of cluster.json.mustache, each once.
func commands(p *validate.Package) []command {
	var out []command
	for _, pair := range read(p.Pairs()) {
		res := pair.Resource
		if res.ReloadCmd != "" {
			out = append(out, command{"reload_cmd", "", res.ReloadCmd, res.Pos("reload_cmd"), pair})
		}
		if res.CheckCmd != "" {
			out = append(out, command{"check_cmd", "", strings.ReplaceAll(res.CheckCmd, "{{.src}}", "FILE"), res.Pos("check_cmd"), pair})
		}
	}
	return append(out, clusterCommands(p)...)
}

// parseFault is why text is no shell script; "" for nil.
func parseFault(err error) string {
	var pe syntax.ParseError
	var le syntax.LangError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &pe):
		return pe.Text
	case errors.As(err, &le):
		return le.Feature + " is not there in bash"
	}
	return "" // it was not looked at
}

// chmodFault finds "chmod + x FILE", which bash takes and chmod refuses.
func chmodFault(file *syntax.File) (why string) {
	eachCall(file, func(call *syntax.CallExpr) {
		if len(call.Args) > 2 && call.Args[0].Lit() == "chmod" && strings.Trim(call.Args[1].Lit(), "ugoa") == "+" && call.Args[1].Lit() != "" {
			why = `"chmod ` + call.Args[1].Lit() + " " + call.Args[2].Lit() + `" is no mode that chmod takes`
		}
	})
	return why
}

// eachCall visits every simple command of a script, in order.
func eachCall(file *syntax.File, visit func(*syntax.CallExpr)) {
	if file == nil {
		return
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			visit(call)
		}
		return true
	})
}
