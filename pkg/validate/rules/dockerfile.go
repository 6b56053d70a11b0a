package rules

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

var (
	instruction = lazyregexp.New(`(?i)^\s*(FROM|ENTRYPOINT|CMD)\s+(.*)`)
	fromImage   = lazyregexp.New(`(?i)^\s*(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?`)
	emptyForm   = lazyregexp.New(`^\[\s*\]$`)
)

// fromOf are the image that FROM names, and what the stage is called, in small letters.
func fromOf(value string) (base, alias string) {
	m := fromImage.FindStringSubmatch(value)
	if m == nil {
		return "", ""
	}
	return m[1], strings.ToLower(m[2])
}

// directive is an instruction of a Dockerfile.
type directive struct {
	line  int
	value string
}

// lastOf is the last instruction of a name in the last stage, or in the stages
// that it builds on: the one that counts. ENTRYPOINT [] and CMD [] are as none.
func lastOf(text, name string) directive {
	var out directive
	stages, stage := map[string]directive{}, ""
	number := 0
	for l := range strings.Lines(text) {
		number++
		m := instruction.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		value := strings.TrimSpace(m[2])
		if strings.EqualFold(m[1], "FROM") {
			stages[stage] = out
			base, alias := fromOf(value)
			out, stage = stages[strings.ToLower(base)], alias
		}
		if strings.EqualFold(m[1], name) {
			if out = (directive{number, value}); emptyForm.MatchString(value) {
				out = directive{}
			}
		}
	}
	return out
}

// baseOf is the image that the last stage builds on in the end: not one of the
// Dockerfile's own stages.
func baseOf(text string) string {
	bases, base := map[string]string{}, ""
	for l := range strings.Lines(text) {
		m := instruction.FindStringSubmatch(l)
		if m == nil || !strings.EqualFold(m[1], "FROM") {
			continue
		}
		of, alias := fromOf(m[2])
		if base = of; bases[strings.ToLower(of)] != "" {
			base = bases[strings.ToLower(of)]
		}
		if alias != "" {
			bases[alias] = base
		}
	}
	return base
}

// fromStage begins a stage.
var fromStage = lazyregexp.New(`(?i)^\s*FROM\s`)

// lastStage is the line of the last FROM.
func lastStage(text string) int {
	number, last := 0, 0
	for line := range strings.Lines(text) {
		if number++; fromStage.MatchString(line) {
			last = number
		}
	}
	return last
}
