package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// winJoined matches a path that is joined where a word of a command stands.
var winJoined = lazyregexp.New(`(?i)\(Join-Path[ \t]+(?:-Path[ \t]+)?("[^"]*"|'[^']*'|[^\s"'()]+)[ \t]+(?:-ChildPath[ \t]+)?("[^"]*"|'[^']*'|[^\s"'()]+)\)`)

// joinedPaths puts paths for the calls of Join-Path among the words of a command. What
// stands behind them stays where it is.
func joinedPaths(line string) string {
	if !strings.Contains(line, "(") {
		return line
	}
	return winJoined.ReplaceAllStringFunc(line, func(call string) string {
		m := winJoined.FindStringSubmatch(call)
		path := `"` + strings.TrimRight(strings.Trim(m[1], `"'`), `\`) + `\` + strings.TrimLeft(strings.Trim(m[2], `"'`), `\/`) + `"`
		return path + strings.Repeat(" ", max(len(call)-len(path), 0))
	})
}
