package shell

import (
	"maps"
	"slices"

	"mvdan.cc/sh/v3/syntax"
)

// Op is what a script does with a path.
type Op int

// The operations.
const (
	Mkdir     Op = iota // mkdir, install -d
	Append              // >>, tee -a
	Write               // >, tee: what was there is replaced
	Touch               // an empty file
	Copy                // cp, mv, rsync, tar: Path is where to, From where from
	Link                // ln -s: Path is the link, From its target
	Bind                // mount --bind, mount: Path is where to, From what
	Container           // docker run -v: Path is the node's, Inside the container's; Name is ro where it may only read
	Image               // docker run: Path is the image, Text what it runs, Inside the folders that are mounted into it
	Swarm               // of docker: it is, or becomes, part of a swarm
	Content             // Text becomes a part of the file Path, or all of it
	Script              // Text is a script that is run by another interpreter: Name
	Option              // of a command: Name is set to Path
	Env                 // a variable that programs see: Name is set to Path (any text)
	Assign              // a variable of the script: Name is set to Path (any text)
	Made                // what is made once: Name says what
	Skipped             // from At to TextAt stands what the role does not do
	Start               // a service, a daemon or a program: Name; Text are its arguments, From is the folder of Command, Inside the one that it runs in; of supervisord Path is the file with its programs
)

// Event is one operation.
type Event struct {
	Op      Op
	Path    string // what is not known stays a variable: /data/$name
	From    string // of Start: the folder that the program is called in, where it is
	Inside  string
	Name    string             // of Option, Env and Assign; of Script the interpreter
	Command string             // the program, without its folder
	At      Place              // where the path is given
	Use     Place              // where it is used, if it came through a variable
	Base    *Value             // the variable that Path begins with
	Given   *Value             // of Option: the variable that the value is, or begins with
	Text    string             // of Content and Script, as it stands in the script; of Option and Container all words behind Command
	TextAt  int                // offset of Text
	Whole   bool               // Text replaces what the file had
	Vars    map[string][]Value // of a here-document that the shell expands: what was known there
	Told    bool               // an option out of a variable: it was told where that is set
	Role    bool               // it hangs on a condition about roles that is not known
	Dump    bool               // what Command prints, or makes, is a copy of a database
	Guards  []string           // of Made: the files that it is made without; "$_" is one that is not known
	Within  []string           // of Made, Write, Copy and Start: the functions, and what $1 is compared with, around it
	Alive   []string           // daemons without which it is not done: pgrep -x mongod && …
	There   []string           // files and folders without which it is not done: [ -d /data/db ] && …
	Weak    bool               // of Start: in a function that nothing here calls, the first of Within
}

// Place is where something stands.
type Place struct {
	Source any // of a variable that was set elsewhere: what World.Vars said; nil: this script
	Offset int
}

// Value is a text with its origin.
type Value struct {
	Text string
	At   Place
	Base *Value // the variable that the text begins with, if it goes on behind it
	part bool   // a word of a variable of several
	arg  bool   // an argument of a function: it is used where the function is called
	word *Place // where the word stands that has the text, if that is not At
}

// World is what a script finds: variables that are known before it begins, and
// what decides conditions about roles.
type World struct {
	Vars    map[string][]Value
	Role    string                               // the role that the script is judged for
	Roles   []string                             // all roles of the app
	Skip    []string                             // functions that only other roles' commands call
	Asked   []string                             // what the first argument may be, "" for none; nil: that is not known
	Mounts  []string                             // where the role has volumes
	Others  []string                             // where other roles have them, or where they are by default
	Files   func(base string) map[string][]Value // what a file that the script reads with `.` sets; nil: nothing
	Library []*syntax.File                       // scripts that this one reads with `.`, or that read it: their functions can be called
	Self    string                               // where the script lies on the node; "" where that is not known
}

// MaxLibrary bounds how many scripts lend their functions to one.
const MaxLibrary = 8

// Names are the variables that a script uses, each once, in order.
func Names(file *syntax.File) []string {
	seen := map[string]bool{}
	syntax.Walk(file, func(n syntax.Node) bool {
		if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil {
			seen[p.Param.Value] = true
		}
		return true
	})
	return slices.Sorted(maps.Keys(seen))
}

// maxValues bounds how many values of a variable are followed.
const maxValues = 8

// use is where a value is used.
func (v Value) use() Place {
	if v.word != nil {
		return *v.word
	}
	return v.At
}

// variable is the variable that a value is, or begins with; nil where it stands in
// the script as it is.
func (v Value) variable() *Value {
	if v.Base != nil {
		return v.Base
	}
	if v.word != nil && (v.At.Source != nil || v.At != *v.word) {
		return &v
	}
	return nil
}
