package confd

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"text/template/parse"

	"github.com/appimg/appimg/pkg/diag"
)

// Syntax is what a template says, for those who look at it and do not render it.
type Syntax struct {
	file  string
	text  string
	trees func() []*parse.Tree
}

func newSyntax(file, text string) *Syntax {
	s := &Syntax{file: file, text: text}
	s.trees = sync.OnceValue(func() []*parse.Tree {
		trees, _ := parseTrees(file, text) // it was parsed before
		return trees
	})
	return s
}

// ParseTolerant looks at a text that need not parse: it may call functions that
// do not exist, and actions that do not parse are as if they were not there. It is
// nil where that does not help.
func ParseTolerant(file, text string) *Syntax {
	s := &Syntax{file: file, text: text}
	if tooLarge(text) {
		return nil
	}
	ok := Mend(text, func(text string) error {
		trees, err := parseTrees(file, text)
		if err != nil {
			return parseFault(file, text, err)
		}
		s.trees = func() []*parse.Tree { return trees }
		return nil
	})
	if !ok {
		return nil
	}
	return s
}

// parseTrees are the trees of a text as Trees has them, whatever its functions.
func parseTrees(file, text string) ([]*parse.Tree, error) {
	main := parse.New(filepath.Base(file))
	main.Mode = parse.SkipFuncCheck
	set := map[string]*parse.Tree{}
	if _, err := main.Parse(text, "", "", set); err != nil {
		return nil, err
	}
	var trees []*parse.Tree
	for name, tree := range set {
		if name == main.Name {
			main = tree // a define of the same name is meant where the text has nothing else
		} else {
			trees = append(trees, tree)
		}
	}
	slices.SortFunc(trees, func(a, b *parse.Tree) int { return strings.Compare(a.Name, b.Name) })
	return slices.Insert(trees, 0, main), nil
}

// File is the file that the text is the content of.
func (s *Syntax) File() string { return s.file }

// Trees are the parse trees of the file: its own first, then its defines by
// name. They are the caller's to look at, not to change.
func (s *Syntax) Trees() []*parse.Tree { return s.trees() }

// Pos is the place of a node of one of the trees.
func (s *Syntax) Pos(n parse.Node) diag.Pos { return diag.At(s.file, s.text, int(n.Position())) }
