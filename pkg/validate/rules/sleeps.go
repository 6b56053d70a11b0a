package rules

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// sleepsIn are the seconds that statements sleep one after the other, as far as a
// script surely comes to them; on says whether it comes to what stands behind.
func sleepsIn(list []*syntax.Stmt) (seconds float64, on bool) {
	for _, stmt := range list {
		s, on := sleepsOf(stmt)
		if seconds += s; !on {
			return seconds, false
		}
	}
	return seconds, true
}

func sleepsOf(stmt *syntax.Stmt) (seconds float64, on bool) {
	if stmt.Background {
		return 0, true
	}
	switch cmd := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		return napOf(callWords(cmd)), !runs(cmd, ends())
	case *syntax.Block:
		return sleepsIn(cmd.Stmts)
	case *syntax.Subshell:
		seconds, _ = sleepsIn(cmd.Stmts)
		return seconds, true
	case *syntax.TimeClause:
		if cmd.Stmt != nil {
			return sleepsOf(cmd.Stmt)
		}
	case *syntax.ForClause:
		return sleepsInLoop(cmd)
	case *syntax.BinaryCmd:
		return sleepsInBoth(cmd)
	}
	return 0, !runs(stmt, ends())
}

// sleepsInBoth takes the way on which all goes well: through both sides of &&,
// and the first of ||. What asks a question may go either way.
func sleepsInBoth(both *syntax.BinaryCmd) (seconds float64, on bool) {
	if both.Op != syntax.AndStmt && both.Op != syntax.OrStmt { // the sides of a pipe run side by side
		return 0, true
	}
	seconds, on = sleepsOf(both.X)
	switch {
	case !on:
		return seconds, false
	case asks(both.X):
		return seconds, !runs(both.Y, ends())
	case both.Op == syntax.OrStmt:
		return seconds, true
	}
	more, on := sleepsOf(both.Y)
	return seconds + more, on
}

// sleepsInLoop multiplies, unless the loop may end before its last round.
func sleepsInLoop(loop *syntax.ForClause) (seconds float64, on bool) {
	for _, stmt := range loop.Do {
		if runs(stmt, append(ends(), "break", "continue")) {
			return 0, !runs(loop, ends())
		}
	}
	once, on := sleepsIn(loop.Do)
	return once * float64(rounds(loop)), on
}

// ends are the commands that nothing behind them is come to.
func ends() []string { return []string{"exit", "exec", "return"} }

// runs reports whether n has one of some commands, not counting what it only
// defines.
func runs(n syntax.Node, names []string) (found bool) {
	syntax.Walk(n, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
			found = found || slices.Contains(names, call.Args[0].Lit())
		}
		_, inner := n.(*syntax.FuncDecl)
		return !inner
	})
	return found
}

// asks reports whether a statement is a question, whose answer may be no where all
// is well: a test, a search, a look at what runs.
func asks(stmt *syntax.Stmt) bool {
	switch cmd := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		words := callWords(cmd)
		return stmt.Negated || len(words) == 0 || slices.Contains(strings.Fields(`[ test grep egrep fgrep pgrep pidof kill ps ls nc ping curl
			wget which type command cmp diff getent id mountpoint false`), path.Base(words[0])) || slices.ContainsFunc(words, func(w string) bool {
			return w == "status" || w == "is-active"
		})
	case *syntax.BinaryCmd:
		return stmt.Negated || asks(cmd.Y) || cmd.Op != syntax.Pipe && asks(cmd.X)
	case *syntax.Block:
		return stmt.Negated || len(cmd.Stmts) == 0 || asks(cmd.Stmts[len(cmd.Stmts)-1])
	}
	return true
}

// napOf is how long a call of sleep takes: the sum of its operands.
func napOf(words []string) (seconds float64) {
	if len(words) == 0 || path.Base(words[0]) != "sleep" {
		return 0
	}
	for _, word := range words[1:] {
		unit := 1.0
		if at := strings.IndexAny(word, "smhd"); at >= 0 && at == len(word)-1 {
			unit = map[byte]float64{'s': 1, 'm': 60, 'h': 3600, 'd': 86400}[word[at]]
			word = word[:at]
		}
		if n, err := strconv.ParseFloat(word, 64); err == nil && n > 0 {
			seconds += n * unit
		}
	}
	return seconds
}

// rounds is how often a loop turns; 0 where that is not constant.
func rounds(loop *syntax.ForClause) int {
	over, ok := loop.Loop.(*syntax.WordIter)
	if !ok {
		return roundsOfC(loop.Loop)
	}
	total := 0
	for _, word := range over.Items {
		n := turnsOf(word)
		if n == 0 {
			return 0
		}
		total += n
	}
	return total
}

var numberRange = lazyregexp.New(`^\{(\d{1,9})\.\.(\d{1,9})\}$`)

// turnsOf is how many words a word becomes: itself, {1..9}, $(seq 9); 0 where
// that is not constant.
func turnsOf(word *syntax.Word) int {
	if cmd, ok := word.Parts[0].(*syntax.CmdSubst); ok && len(word.Parts) == 1 && len(cmd.Stmts) == 1 {
		call, ok := cmd.Stmts[0].Cmd.(*syntax.CallExpr)
		if !ok {
			return 0
		}
		switch words := callWords(call); {
		case len(words) == 2 && words[0] == "seq":
			return between("1", words[1])
		case len(words) == 3 && words[0] == "seq":
			return between(words[1], words[2])
		}
		return 0
	}
	text := constant(word)
	if m := numberRange.FindStringSubmatch(text); m != nil {
		return between(m[1], m[2])
	}
	if text == "" || strings.ContainsAny(text, "*?[{") {
		return 0
	}
	return 1
}

// roundsOfC is how often for ((i = 0; i < 9; i++)) turns.
func roundsOfC(loop syntax.Loop) int {
	c, ok := loop.(*syntax.CStyleLoop)
	if !ok {
		return 0
	}
	from, okFrom := c.Init.(*syntax.BinaryArithm)
	to, okTo := c.Cond.(*syntax.BinaryArithm)
	step, okStep := c.Post.(*syntax.UnaryArithm)
	if !okFrom || !okTo || !okStep || from.Op != syntax.Assgn || step.Op != syntax.Inc {
		return 0
	}
	n := between(written(from.Y), written(to.Y))
	switch to.Op {
	case syntax.Leq:
		return n
	case syntax.Lss:
		return max(n-1, 0)
	}
	return 0
}

// written is an arithmetic expression that is one, as it is written; "" else.
func written(x syntax.ArithmExpr) string {
	if word, ok := x.(*syntax.Word); ok {
		return word.Lit()
	}
	return ""
}

// between is how many whole numbers there are from low to high.
func between(low, high string) int {
	from, err1 := strconv.Atoi(low)
	to, err2 := strconv.Atoi(high)
	if err1 != nil || err2 != nil {
		return 0
	}
	return max(to-from+1, 0)
}
