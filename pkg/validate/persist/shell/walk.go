package shell

import (
	"maps"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Bounds of one walk.
const (
	maxSteps  = 50_000 // statements
	maxDepth  = 8      // of function calls
	maxEvents = 4000

	maxInquiries = 2000 // of functions: whether they print a secret
)

// Walk tells what a script does. text is what file was parsed from; at most
// limit statements are walked. steps is how many were.
func Walk(file *syntax.File, text string, env World, limit int) (events []Event, steps int) {
	w := newWalker(text, env, limit)
	w.file(file)
	if lacks := w.unmade(file); len(lacks) > 0 && w.steps < w.limit/2 {
		again := newWalker(text, env, limit)
		again.lacks, again.steps = lacks, w.steps
		again.file(file)
		w = again
	}
	w.tellSkipped()
	return w.events, w.steps
}

func newWalker(text string, env World, limit int) *walker {
	w := &walker{
		limit: min(limit, maxSteps), text: text, env: env, vars: maps.Clone(env.Vars),
		funcs: map[string]*syntax.Stmt{}, called: map[string]bool{}, walked: map[string]bool{}, done: map[*syntax.Stmt]bool{}, bearing: map[string]bool{}, asked: map[string]bool{}, products: map[string]bool{},
	}
	if w.vars == nil {
		w.vars = map[string][]Value{}
	}
	if env.Self != "" {
		w.vars["0"] = []Value{{Text: env.Self}}
		w.vars["BASH_SOURCE"] = w.vars["0"]
	}
	for _, f := range env.Library {
		w.borrow(f)
	}
	return w
}

// file walks a script, and the functions that others call.
func (w *walker) file(file *syntax.File) {
	w.survey(file)
	for _, s := range file.Stmts {
		w.stmt(s)
		if exits(s) || w.gone {
			break // what follows is for functions alone
		}
	}
	w.gone = false
	for _, name := range w.names { // hooks that others call
		if !w.called[name] && !w.walked[name] && !w.skips(name) && !w.ofOther(name) && !w.unasked(name) {
			w.hook(name)
		}
	}
}

// hook walks a function that nothing in the script calls.
func (w *walker) hook(name string) {
	w.walked[name], w.active, w.guards, w.alive, w.there, w.weak = true, []string{name}, nil, nil, nil, true
	w.inFunction(w.funcs[name])
	w.active = nil
}

type walker struct {
	text   string
	env    World
	vars   map[string][]Value
	funcs  map[string]*syntax.Stmt
	lent   map[string]*syntax.Stmt // functions of other scripts
	names  []string                // of functions, in order
	kinds  kinds                   // of variables
	called map[string]bool
	walked map[string]bool
	events []Event

	active []string // functions that are being walked

	dir    string // the folder that the script has changed to; "" where that is not known
	into   *Value // the variable that it was given by, if it was
	piped  *input // what a pipe hands to the command that is walked
	secret bool   // that is a new secret
	dump   bool   // that is a copy of a database
	abroad int    // functions of other scripts that are being walked
	open   int    // conditions around that are not known, and what is not the script itself
	gone   bool   // the script has ended
	sent   bool   // the script runs what its first argument names
	back   bool   // the function that is walked has
	next   bool   // the turn of the loop that is walked has
	around around // what is around that function
	loops  int    // that are walked item by item

	idle [][]*syntax.Stmt      // branches that were not taken
	done map[*syntax.Stmt]bool // statements of branches that were

	bearing   map[string]bool // variables that have a new secret
	asked     map[string]bool // functions that are being asked whether they print one
	inquiries int             // how many have been asked so far

	products map[string]bool // files that were made once, as the script names them
	lacks    map[string]bool // files that are not there

	limit, steps, depth int
	maybe               bool                 // below a condition that is not known
	branches            []map[string][]Value // below such conditions: what variables had before they were set there
	guards              []string             // below conditions that these files are not there
	alive               []string             // below conditions that these daemons run
	there               []string             // below conditions that these files are there
	within              []string             // below comparisons with these words: the command that a script is given
	role                bool                 // below one about roles
	weak                bool                 // in a function that others may call
}

// exits reports whether a script ends with a statement, whatever happens.
func exits(s *syntax.Stmt) bool {
	c, ok := s.Cmd.(*syntax.CallExpr)
	return ok && len(c.Args) > 0 && c.Args[0].Lit() == "exit"
}

// leaves reports whether a function, or the script, ends with a statement.
func leaves(s *syntax.Stmt) bool {
	c, ok := s.Cmd.(*syntax.CallExpr)
	return exits(s) || ok && len(c.Args) > 0 && c.Args[0].Lit() == "return"
}

// survey finds what variables are compared with, the functions, and which of them are called by their name.
func (w *walker) survey(file *syntax.File) {
	syntax.Walk(file, func(n syntax.Node) bool {
		if f, ok := n.(*syntax.FuncDecl); ok && f.Name != nil {
			if w.funcs[f.Name.Value] == nil {
				w.names = append(w.names, f.Name.Value)
			}
			w.funcs[f.Name.Value] = f.Body
		}
		w.surveyKinds(n)
		return true
	})
	if len(w.funcs) == 0 {
		return
	}
	var within []string // the functions around, "" for what is none
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			within = within[:len(within)-1]
			return true
		}
		name := ""
		switch n := n.(type) {
		case *syntax.FuncDecl:
			if n.Name != nil { // those of zsh have none
				name = n.Name.Value
			}
		case *syntax.CallExpr:
			w.calls(n, within)
		}
		within = append(within, name)
		return true
	})
}

// calls notes the functions that a command calls: itself, or as the arguments of a function
// or a trap. Other programs have words of their own that are called alike: `gluster volume start`.
// What a function says of itself does not count: `backup all` in backup calls nothing.
func (w *walker) calls(c *syntax.CallExpr, within []string) {
	if len(c.Args) == 0 {
		return
	}
	first := c.Args[0].Lit()
	handsOn := w.funcs[first] != nil || w.lent[first] != nil || first == "trap"
	for i, a := range c.Args {
		if name := a.Lit(); !slices.Contains(within, name) && (i == 0 || handsOn) {
			w.called[name] = true
		}
	}
}

func (w *walker) stmts(list []*syntax.Stmt) {
	for i, s := range list {
		if w.stmt(s); w.back || w.next {
			w.skip(list[i+1:])
		}
		if w.left() {
			return
		}
	}
}

func (w *walker) stmt(s *syntax.Stmt) {
	if w.steps++; s == nil || w.steps > w.limit || w.depth > maxDepth*8 {
		return
	}
	w.depth++
	defer func() { w.depth-- }()
	w.done[s] = true
	if call, ok := s.Cmd.(*syntax.CallExpr); ok {
		w.simple(s, call)
		return
	}
	if s.Cmd == nil { // > file
		w.redirects(s, &call{})
		return
	}
	w.redirects(s, nil)
	switch c := s.Cmd.(type) {
	case *syntax.DeclClause:
		w.declare(c)
	case *syntax.Block:
		w.stmts(c.Stmts)
	case *syntax.Subshell:
		saved, dir, into := maps.Clone(w.vars), w.dir, w.into
		w.apart(func() { w.stmts(c.Stmts) })
		w.vars, w.dir, w.into = saved, dir, into
	case *syntax.BinaryCmd:
		w.binary(c)
	case *syntax.TimeClause:
		w.stmt(c.Stmt)
	case *syntax.CoprocClause:
		w.stmt(c.Stmt)
	default:
		w.branch(s.Cmd)
	}
}

func (w *walker) branch(cmd syntax.Command) {
	switch c := cmd.(type) {
	case *syntax.IfClause:
		w.ifClause(c)
	case *syntax.WhileClause:
		w.stmts(c.Cond)
		if a := w.ask(c.Cond[len(c.Cond)-1]); a.role && a.truth == truthOf(c.Until) {
			w.skip(c.Do)
			return
		}
		w.under(answer{test: true}, func() { w.turn(c.Do) })
	case *syntax.ForClause:
		w.loop(c)
	case *syntax.CaseClause:
		w.caseClause(c)
	}
}

// under walks f below a condition.
func (w *walker) under(a answer, f func()) {
	if a.truth == unknown {
		w.open++
		defer func() { w.open-- }()
	}
	maybe, role, guards, within, alive, there := w.maybe, w.role, w.guards, w.within, w.alive, w.there
	if a.truth == unknown && a.test {
		w.maybe, w.branches = true, append(w.branches, map[string][]Value{})
		defer w.rejoin()
	}
	w.role = w.role || a.truth == unknown && a.role
	w.guards, w.within = append(slices.Clip(guards), a.gone...), append(slices.Clip(within), a.words...)
	w.alive, w.there = append(slices.Clip(alive), a.alive...), append(slices.Clip(there), a.files...)
	f()
	w.maybe, w.role, w.guards, w.within, w.alive, w.there = maybe, role, guards, within, alive, there
}

// passed notes the condition under which a function, or the script, goes on behind a
// statement that leaves it where it is not met: [ -f key ] && return.
func (w *walker) passed(a answer, then []*syntax.Stmt) {
	if len(then) > 0 && leaves(then[len(then)-1]) {
		w.guards = append(slices.Clip(w.guards), a.gone...)
		w.alive, w.there = append(slices.Clip(w.alive), a.alive...), append(slices.Clip(w.there), a.files...)
	}
}

func (w *walker) ifClause(c *syntax.IfClause) {
	if len(c.Cond) == 0 { // else
		w.stmts(c.Then)
		return
	}
	w.stmts(c.Cond)
	a := w.ask(c.Cond[len(c.Cond)-1])
	if a.truth != no {
		w.under(a, func() { w.stmts(c.Then) })
	} else {
		w.skip(c.Then)
	}
	switch {
	case c.Else == nil:
	case a.truth != yes:
		w.under(a.not(), func() { w.ifClause(c.Else) })
	default:
		w.skip(c.Else.Then)
	}
	w.passed(a.not(), c.Then)
}

func (w *walker) binary(c *syntax.BinaryCmd) {
	if c.Op != syntax.AndStmt && c.Op != syntax.OrStmt {
		w.apart(func() { w.stmt(c.X) })
		saved, secret, dump := w.piped, w.secret, w.dump
		w.piped, w.secret, w.dump = w.inputOf(c.X), w.bears(c.X), dumped(c.X)
		w.apart(func() { w.stmt(c.Y) })
		w.piped, w.secret, w.dump = saved, secret, dump
		return
	}
	if w.stmt(c.X); w.left() {
		return
	}
	a := w.ask(c.X)
	if c.Op == syntax.AndStmt && a.truth == no || c.Op == syntax.OrStmt && a.truth == yes {
		w.skip([]*syntax.Stmt{c.Y})
		return
	}
	if c.Op == syntax.OrStmt {
		a = a.not()
	}
	w.under(a, func() { w.stmt(c.Y) })
	w.passed(a.not(), []*syntax.Stmt{c.Y})
}

func (w *walker) loop(c *syntax.ForClause) {
	if it, ok := c.Loop.(*syntax.WordIter); ok {
		var all []Value
		for _, word := range it.Items {
			all = append(all, w.fields(word)...)
		}
		if len(all) == 0 {
			all = []Value{{Text: "$" + it.Name.Value}}
		}
		all = all[:min(len(all), maxValues)]
		if w.loops < 2 { // item by item, so that words which have it twice agree
			w.loops++
			for _, v := range all {
				w.vars[it.Name.Value] = []Value{v}
				w.turn(c.Do)
			}
			w.loops--
			return
		}
		w.vars[it.Name.Value] = all
	}
	w.turn(c.Do)
}

func (w *walker) caseClause(c *syntax.CaseClause) {
	subject := w.subject(c)
	for i, item := range c.Items {
		a := w.matches(subject, item.Patterns)
		if a.truth == no {
			w.skip(item.Stmts)
			continue
		}
		w.under(a, func() { w.stmts(item.Stmts) })
		if a.truth == yes && item.Op == syntax.Break {
			for _, other := range c.Items[i+1:] {
				w.skip(other.Stmts)
			}
			return
		}
	}
}

// skip notes statements that the role does not do, as far as is known.
func (w *walker) skip(stmts []*syntax.Stmt) {
	if len(stmts) > 0 && w.abroad == 0 {
		w.idle = append(w.idle, stmts)
	}
}

// tellSkipped tells of what was skipped.
func (w *walker) tellSkipped() {
	for _, s := range append(w.skipped(), w.uncalled()...) {
		if len(w.events) < maxEvents {
			w.events = append(w.events, Event{Op: Skipped, At: Place{Offset: int(s.from)}, TextAt: int(s.to)})
		}
	}
}

// uncalled are the functions that nothing calls which the role does. Those that other scripts
// may call are left out.
func (w *walker) uncalled() []span {
	if len(w.env.Library) > 0 || w.steps >= w.limit {
		return nil
	}
	var out []span
	for _, name := range w.names {
		if body := w.funcs[name]; !w.walked[name] {
			out = append(out, span{body.Pos().Offset(), body.End().Offset()})
		}
	}
	return out
}

// Done is a script's text without what the role does not do, by the events of its walk.
func Done(text string, events []Event) string {
	for _, e := range events {
		if from, to := e.At.Offset, e.TextAt; e.Op == Skipped && from < to && to <= len(text) {
			text = text[:from] + strings.Repeat(" ", to-from) + text[to:]
		}
	}
	return text
}

func (w *walker) emit(e Event) {
	if w.abroad > 0 && e.Op != Start && !home(&e) {
		return
	}
	e.Path = w.absolute(e)
	if len(w.events) < maxEvents {
		e.Role, e.Alive, e.There = e.Role || w.role, w.alive, w.there
		if e.Op == Made || e.Op == Write || e.Op == Copy || e.Op == Start {
			e.Within = slices.Concat(w.active, w.within)
		}
		w.events = append(w.events, e)
	}
}
