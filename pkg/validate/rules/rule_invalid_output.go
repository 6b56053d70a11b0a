package rules

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"go.yaml.in/yaml/v3"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// invalidOutput finds rendered files that are not what their names say: JSON,
// XML, YAML, TOML, INI, units of systemd, properties of Java, configuration of
// well-known servers. (Shell: shell-syntax.)
func invalidOutput() validate.Rule {
	return validate.NewRule("invalid-output", validate.Error, "A rendered file is not valid in its own format",
		func(ctx context.Context, p *validate.Package, r *validate.Reporter) error {
			seen := map[*validate.Pair]bool{}
			for _, o := range distinct(p) {
				if seen[o.Pair] {
					continue
				}
				line, why := outputFault(o.Pair.Resource.Dest, o.Content)
				if why == "" {
					continue
				}
				valid := func(other *validate.Output) bool {
					_, why := outputFault(other.Pair.Resource.Dest, other.Content)
					return other.Err == nil && why == ""
				}
				wrong := func(other *validate.Output) bool { return other.Err == nil && !valid(other) }
				if elsewhere(p, o.on, o.Output, valid) || !givenStays(ctx, p, o, wrong) {
					continue
				}
				seen[o.Pair] = true
				f := r.At(o.Origin(line), "%s is %s on node %s %s: %s", o.Pair.Resource.Dest,
					notValid(formatOf(o.Pair.Resource.Dest)), o.Node.Name(), describe(o.on.Scenario), why)
				f.In(oneRole(p, o.Pair)).Path = o.Pair.Resource.Dest
			}
			reportWritten(ctx, p, r)
			return nil
		})
}

// notValid says of a file that it breaks its format.
func notValid(format string) string {
	switch format {
	case "service", "timer", "socket":
		return "no valid unit of systemd"
	}
	return "not valid " + formatName(format)
}

// formatName is a format as people write it.
func formatName(format string) string {
	switch format {
	case "nginx", "HAProxy", "Apache", "Redis", "MySQL":
		return format + " configuration"
	case "properties":
		return "Java properties"
	}
	return strings.ToUpper(format)
}

func formatOf(dest string) string {
	switch {
	case isNginx(dest):
		return "nginx"
	case isHAProxy(dest):
		return "HAProxy"
	case isApache(dest):
		return "Apache"
	case redisFile.MatchString(path.Base(dest)):
		return "Redis"
	case isMySQL(dest):
		return "MySQL"
	case mongoConf.MatchString(path.Base(dest)):
		return "yaml"
	}
	switch ext := strings.TrimPrefix(path.Ext(dest), "."); ext {
	case "yml":
		return "yaml"
	default:
		return ext
	}
}

var (
	mongoConf   = lazyregexp.New(`^mongo(d|s|db|cfg)?\.conf$`)
	yamlSection = lazyregexp.New(`(?m)^[A-Za-z]+:\s*$`)
)

// outputFault is why content is not in the format that dest says, and at which
// line.
func outputFault(dest, content string) (line int, why string) {
	if strings.TrimSpace(content) == "" {
		return 0, "" // empty-template, or a choice of the app's
	}
	switch formatOf(dest) {
	case "json":
		return jsonFault(content)
	case "xml":
		return xmlFault(content)
	case "yaml":
		if path.Ext(dest) == ".conf" && !yamlSection.MatchString(content) {
			return 0, "" // MongoDB reads name = value as well
		}
		return yamlFault(content)
	case "toml":
		return tomlFault(content)
	case "ini", "cnf", "service", "timer", "socket":
		return sectionFault(content)
	case "nginx":
		return nginxFault(content)
	case "HAProxy":
		return haproxyFault(content)
	case "Apache":
		return apacheFault(content)
	case "Redis":
		return redisFault(content)
	case "MySQL":
		return mysqlFault(content)
	case "properties":
		return propertiesFault(content)
	}
	return 0, ""
}

// propertiesFault finds what java.util.Properties refuses: \u without four
// hexadecimal digits, as in a path of Windows. Comments may have it.
func propertiesFault(content string) (int, string) {
	number, goesOn := 0, false
	for line := range strings.Lines(content) {
		number++
		text := strings.TrimLeft(strings.TrimRight(line, "\r\n"), " \t\f")
		if !goesOn && (text == "" || text[0] == '#' || text[0] == '!') {
			continue
		}
		goesOn = false
		for rest := text; ; {
			_, after, found := strings.Cut(rest, `\`)
			if !found {
				break
			}
			if strings.HasPrefix(after, "u") && !unicodeEscape.MatchString(after) {
				return number, `\u stands without four hexadecimal digits: ` + text
			}
			if goesOn = after == ""; goesOn {
				break
			}
			rest = after[1:]
		}
	}
	return 0, ""
}

var unicodeEscape = lazyregexp.New(`^u[0-9A-Fa-f]{4}`)

func tomlFault(content string) (int, string) {
	var v map[string]any
	_, err := toml.Decode(content, &v)
	var syntax toml.ParseError
	switch {
	case errors.As(err, &syntax):
		return syntax.Position.Line, syntax.Message
	case err != nil:
		return 1, err.Error()
	}
	return 0, ""
}

func jsonFault(content string) (int, string) {
	dec := json.NewDecoder(strings.NewReader(content))
	for {
		var v any
		err := dec.Decode(&v)
		var syntax *json.SyntaxError
		switch {
		case err == nil:
			continue
		case errors.Is(err, io.EOF):
			return 0, ""
		case errors.As(err, &syntax):
			return 1 + strings.Count(content[:min(int(syntax.Offset), len(content))], "\n"), err.Error()
		}
		return 1 + strings.Count(content, "\n"), err.Error()
	}
}

func xmlFault(content string) (int, string) {
	dec := xml.NewDecoder(strings.NewReader(content))
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	dec.Entity = xml.HTMLEntity
	for {
		_, err := dec.Token()
		var syntax *xml.SyntaxError
		switch {
		case errors.Is(err, io.EOF):
			return 0, ""
		case errors.As(err, &syntax):
			return syntax.Line, syntax.Msg
		case err != nil:
			return 1, err.Error()
		}
	}
}

var yamlLine = lazyregexp.New(`line (\d+): `)

// yamlFault reads into nodes, which neither expands aliases nor judges values.
func yamlFault(content string) (int, string) {
	dec := yaml.NewDecoder(strings.NewReader(content))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		switch {
		case err == nil:
			continue
		case errors.Is(err, io.EOF):
			return 0, ""
		}
		line := 1
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			line, _ = strconv.Atoi(m[1]) // digits
		}
		return line, strings.TrimPrefix(yamlLine.ReplaceAllString(err.Error(), ""), "yaml: ")
	}
}
