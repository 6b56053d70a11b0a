package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/appimg/appimg/"

// floors lists the rooms from the ground up. A room may know the rooms below
// its floor, and its own sub-packages; never a neighbour.
var floors = [][]string{
	{"pkg/textdiff", "pkg/diag", "pkg/sh", "pkg/lazyregexp", "internal/testneed"},
	{"pkg/app", "pkg/confd"},
	{"pkg/metadata", "templates"},
	{"pkg/agent", "pkg/render", "pkg/scaffold"},
	{"pkg/validate"},
	{"pkg/kvm", "pkg/docker"},
	{"internal/cli"},
	{"cmd/appimg", "cmd/confd", "internal/house", "hack", "schemas"},
}

// onlyKnows narrows what a room may import further than its floor does.
var onlyKnows = map[string][]string{
	"cmd/appimg": {"internal/cli", "pkg/diag"},
	// The daemon goes into every image: nothing heavy comes along.
	"cmd/confd": {"pkg/confd", "pkg/diag"},
}

func floorOf(pkg string) (floor int, room string) {
	for i, rooms := range floors {
		for _, r := range rooms {
			if pkg == r || strings.HasPrefix(pkg, r+"/") {
				return i, r
			}
		}
	}
	return -1, ""
}

type source struct {
	pkg, path string
	file      *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	fset := token.NewFileSet()
	var out []source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && p != root && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") {
			return nil
		}
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		out = append(out, source{path.Dir(rel), rel, f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 5 {
		t.Fatalf("only %d Go files found below %s", len(out), root)
	}
	return out
}

// layout is the list of docs/layout.md: what it says of each room, with the
// indented lines below about what lies in it.
func layout(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "layout.md"))
	if err != nil {
		t.Fatal(err)
	}
	said, room := map[string]string{}, ""
	for line := range strings.Lines(string(text)) {
		entry, listed := strings.CutPrefix(line, "    ")
		if !listed {
			room = ""
			continue
		}
		if first, _, ok := strings.Cut(entry, "/ "); ok && !strings.HasPrefix(entry, " ") {
			room = first
		}
		said[room] += entry
	}
	return said
}

func TestLayoutNamesEveryRoom(t *testing.T) {
	said := layout(t)
	found := map[string]bool{}
	for _, s := range sources(t) {
		_, room := floorOf(s.pkg)
		found[room] = true
		if within := said[room]; within == "" || s.pkg != room && !strings.Contains(within, " "+path.Base(s.pkg)+"/ ") {
			t.Errorf("docs/layout.md does not say what %s is for", s.pkg)
		}
	}
	for _, room := range slices.Concat(floors...) {
		if !found[room] {
			t.Errorf("floors has %s, and there is no such room", room)
		}
	}
}

// Packages of many files say in their comment which file holds what.
func TestPackageCommentsNameFilesThatAreThere(t *testing.T) {
	named := regexp.MustCompile(`[a-z*][a-z0-9_/*]*\.go\b`)
	seen := 0
	for _, s := range sources(t) {
		if s.file.Doc == nil || path.Base(s.path) != "doc.go" {
			continue
		}
		for _, name := range named.FindAllString(s.file.Doc.Text(), -1) {
			seen++
			if found, err := filepath.Glob(filepath.Join("..", "..", s.pkg, name)); err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which is not there", s.path, name)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d files are named", seen)
	}
}

func TestImportsPointDown(t *testing.T) {
	for _, s := range sources(t) {
		floor, room := floorOf(s.pkg)
		if floor < 0 {
			t.Errorf("%s: package %s has no floor: give it one in floors", s.path, s.pkg)
			continue
		}
		for _, imp := range s.file.Imports {
			name, _ := strconv.Unquote(imp.Path.Value)
			own, ok := strings.CutPrefix(name, module)
			if !ok {
				continue
			}
			below, other := floorOf(own)
			if other != room && below >= floor {
				t.Errorf("%s imports %s: imports only point down the floors", s.path, own)
			}
			if only, ok := onlyKnows[room]; ok && !strings.HasSuffix(s.path, "_test.go") && other != room && !slices.Contains(only, other) {
				t.Errorf("%s imports %s: %s knows only %q", s.path, own, room, only)
			}
		}
	}
}

// The packages are a library: the command line, the process and its streams
// belong to internal/cli.
func TestPackagesAreALibrary(t *testing.T) {
	forbidden := []string{"os.Args", "os.Stdout", "os.Stderr", "os.Exit", "log.Fatal", "fmt.Print", "fmt.Printf", "fmt.Println"}
	for _, s := range sources(t) {
		if strings.HasSuffix(s.path, "_test.go") || !(strings.HasPrefix(s.pkg, "pkg/") || s.pkg == "internal/cli") {
			continue
		}
		for _, imp := range s.file.Imports {
			if strings.HasPrefix(s.pkg, "pkg/") && strings.Contains(imp.Path.Value, "github.com/spf13/") {
				t.Errorf("%s imports %s", s.path, imp.Path.Value)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(forbidden, x.Name+"."+sel.Sel.Name) {
				t.Errorf("%s uses %s.%s", s.path, x.Name, sel.Sel.Name)
			}
			return true
		})
	}
}

func TestNoInitAndNoJunkDrawers(t *testing.T) {
	documented := map[string]bool{}
	packages := map[string]string{}
	for _, s := range sources(t) {
		if strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		packages[s.pkg] = s.file.Name.Name
		documented[s.pkg] = documented[s.pkg] || s.file.Doc != nil
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init function", s.path)
			}
		}
	}
	for dir, name := range packages {
		if slices.Contains([]string{"util", "utils", "common", "shared", "helpers", "misc"}, path.Base(dir)) {
			t.Errorf("%s: a package is called by its purpose", dir)
		}
		if !documented[dir] {
			t.Errorf("%s (package %s) has no package comment", dir, name)
		}
	}
}
