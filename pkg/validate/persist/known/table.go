package known

import (
	_ "embed" // the table is a file
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

//go:embed settings.toml
var builtin string

// App is one table of well-known settings.
type App struct {
	Name     string   `toml:"name"`
	Files    []string `toml:"files"`
	Commands []string `toml:"commands"`
	Data     []string `toml:"data"`
	Log      []string `toml:"log"`
	Session  []string `toml:"session"`
	Upload   []string `toml:"upload"`
	State    []string `toml:"state"`
	Backup   []string `toml:"backup"`
	None     []string `toml:"none"`
	Base     []string `toml:"base"` // variables that name the folder which its relative paths are below
	Here     []string `toml:"here"` // settings whose plain names lie in the folder that it runs in
	Home     string   `toml:"home"` // else this folder, for files that lie in it
	Root     []string `toml:"root"` // settings that name the folder which it takes for /
}

func (a *App) keys() map[Kind][]string {
	return map[Kind][]string{
		Data: a.Data, Log: a.Log, Session: a.Session, Upload: a.Upload, State: a.State, Backup: a.Backup, None: a.None,
	}
}

// document is settings.toml.
type document struct {
	App     []App               `toml:"app"`
	Names   map[string][]string `toml:"names"`
	Default []Default           `toml:"default"`
	Inner   map[string][]string `toml:"containers"`
	Images  map[string]string   `toml:"images"`
	Asked   map[string]keeps    `toml:"asked"`
	Paths   map[string][]string `toml:"paths"`
	Own     map[string][]string `toml:"variables"`
	Daemon  []daemon            `toml:"daemon"`
	Homes   map[string]string   `toml:"homes"`
	Links   map[string]string   `toml:"links"`
	Short   map[string]string   `toml:"short"`
	Moot    []moot              `toml:"moot"`
	Heeded  []Heeded            `toml:"heeded"`
	Base    []base              `toml:"base"`
}

// Table knows settings.
type Table struct {
	list      []*App
	apps      map[string][]entry // by the last part of the key
	words     map[string]Kind
	place     map[string]bool
	not       map[string]bool
	never     map[string]bool
	elsewhere map[string]bool
	out       map[string]bool
	paths     pathWords
	inner     map[string]Kind // folders of containers
	images    map[string]string
	asked     map[string]keeps
	defaults  []Default
	variables map[string][]string
	own       map[string]string
	links     map[string]string
	short     map[string]string
	daemons   []daemon
	moots     []moot
	heeded    []Heeded
	bases     []base
}

// entry is one key of one app.
type entry struct {
	app   *App
	key   string
	kind  Kind
	whole bool // a variable of the environment: it stands in no section
}

// New reads the table; own are a project's own entries, which go first.
func New(own ...App) (*Table, error) {
	var doc document
	if _, err := toml.Decode(builtin, &doc); err != nil {
		return nil, fmt.Errorf("reading the table of settings: %w", err)
	}
	t := &Table{paths: newPathWords(doc.Paths), apps: map[string][]entry{}, words: map[string]Kind{}, place: map[string]bool{}, not: map[string]bool{}, never: map[string]bool{}, out: map[string]bool{}, elsewhere: map[string]bool{}, inner: map[string]Kind{}}
	for i := range doc.App {
		t.add(&doc.App[i])
	}
	for name, words := range doc.Names {
		t.addWords(name, words)
	}
	t.defaults, t.variables, t.images, t.asked = doc.Default, doc.Own, doc.Images, doc.Asked
	t.own, t.links, t.short = doc.Homes, doc.Links, doc.Short
	t.daemons, t.moots, t.heeded, t.bases = doc.Daemon, doc.Moot, doc.Heeded, doc.Base
	for kind, folders := range doc.Inner {
		for _, folder := range folders {
			t.inner[folder] = Kind(kind)
		}
	}
	return t.With(own...), nil
}

// With is t with more entries, which go before its own.
func (t *Table) With(own ...App) *Table {
	if len(own) == 0 {
		return t
	}
	with := *t
	with.list, with.apps = nil, map[string][]entry{}
	for i := range own {
		with.add(&own[i])
	}
	for _, a := range t.list {
		with.add(a)
	}
	return &with
}

func (t *Table) add(a *App) {
	t.list = append(t.list, a)
	for kind, keys := range a.keys() {
		for _, key := range keys {
			whole := strings.ToUpper(key) == key && strings.ContainsAny(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
			if len(key) > 2 {
				key = strings.TrimLeft(key, "-") // an option, as it is written
			}
			key = normal(key)
			t.apps[last(key)] = append(t.apps[last(key)], entry{a, key, kind, whole && len(a.Files) == 0})
		}
	}
}

func (t *Table) addWords(name string, words []string) {
	for _, w := range words {
		switch name {
		case "place":
			t.place[w] = true
		case "not":
			t.not[w] = true
		case "never":
			t.never[w] = true
		case "elsewhere":
			t.elsewhere[w] = true
		case "output":
			t.out[w] = true
		default:
			t.words[w] = Kind(name)
		}
	}
}

// here reports whether plain names that a setting has lie in the folder that the server runs in.
func (a *App) here(key string) bool {
	return slices.ContainsFunc(a.Here, func(k string) bool { return normal(k) == key })
}

func normal(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(key), "-", "_"), " ", "_")
}

func last(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }

// Lookup says what a setting means: file is the path or name of the file that
// has it, command the program whose option it is; either may be "".
func (t *Table) Lookup(file, command, key string) Meaning {
	name := key
	whole := normal(key)
	key = strings.TrimPrefix(whole, "env.") // a section of variables, or Flink's env.log.dir
	var best *entry
	rank, base := 0, baseOf(file)
	for i := range t.apps[last(key)] {
		e := &t.apps[last(key)][i]
		if key != e.key && whole != e.key && (e.whole || !ends(key, e.key)) || e.whole && strings.ToUpper(last(name)) != last(name) {
			continue // a setting called path is not the variable PATH
		}
		if r := e.app.rank(base, command)*100 + len(e.key); r > rank && r > 100 {
			best, rank = e, r
		}
	}
	if best != nil {
		return Meaning{Kind: best.kind, App: best.app.Name, Key: best.key, Place: true, Here: best.app.here(best.key)}
	}
	return t.Guess(strings.TrimPrefix(name, "env."))
}

// ends reports whether a key is that of an entry below some sections; * in the
// entry's is any one section.
func ends(key, entry string) bool {
	if !strings.Contains(entry, "*") {
		return strings.HasSuffix(key, "."+entry)
	}
	have, want := strings.Split(key, "."), strings.Split(entry, ".")
	if len(have) < len(want) {
		return false
	}
	have = have[len(have)-len(want):]
	for i, w := range want {
		if w != "*" && w != have[i] {
			return false
		}
	}
	return true
}

// Variables are the names by which a variable is told that a server's own scripts
// set to a folder of its installation; nil of any other variable.
func (t *Table) Variables(name string) []string { return t.variables[name] }

// Bases are the variables that name the folder which a server's relative paths are below.
func (t *Table) Bases(server string) []string {
	for _, a := range t.list {
		if a.Name == server && a.Base != nil {
			return a.Base
		}
	}
	return nil
}

// HomeOf is the folder that a server takes relative paths of a file to be below, where nothing
// says so; "" where the file lies elsewhere.
func (t *Table) HomeOf(server, file string) string {
	for _, a := range t.list {
		if a.Name == server && a.Home != "" && strings.HasPrefix(file, a.Home+"/") {
			return a.Home
		}
	}
	return ""
}

// Links are the links that packages bring, with where they lead.
func (t *Table) Links() map[string]string { return t.links }

// Own is the folder that a variable stands for which servers' own scripts set, with the
// variable of their installation's folder; "" where that is not known.
func (t *Table) Own(name string) string { return t.own[name] }

// Programs are the names of the program whose variables begin with a word: those of
// Catalina's are Tomcat's.
func (t *Table) Programs(word string) []string {
	if short := t.short[word]; short != "" {
		return []string{word, short}
	}
	return []string{word}
}

// keeps is an image whose server keeps something only where its command says so.
type keeps struct {
	Folder string   `toml:"folder"`
	Told   []string `toml:"told"` // options that its command must have one of
}

// ToldToKeep is the folder that an image has a volume for, where its command says that the
// server keeps something; else "".
func (t *Table) ToldToKeep(image, command string) string {
	k := t.asked[imageName(image)]
	if slices.ContainsFunc(k.Told, func(o string) bool { return strings.Contains(command, o) }) {
		return k.Folder
	}
	return ""
}

// ImageFolder is where the server of an image keeps its data in a container; "" where
// that is not known.
func (t *Table) ImageFolder(image string) string {
	name := imageName(image)
	if name == "server" && !strings.Contains(image, "mssql") {
		return ""
	}
	return t.images[name]
}

// imageName is the last part of an image's name, without its tag.
func imageName(image string) string {
	image, _, _ = strings.Cut(strings.ToLower(image), "@")
	name, _, _ := strings.Cut(path.Base(image), ":")
	return name
}

// Inside says what lies at a path that a container sees: what a well-known image
// keeps there, else what the path's names say.
func (t *Table) Inside(p string) Kind {
	p = strings.TrimRight(p, "/")
	if k := t.inner[p]; k != Unknown {
		return k
	}
	if k := t.Path(p); k != Unknown {
		return k
	}
	for dir := path.Dir(p); len(dir) > 1; dir = path.Dir(dir) {
		if k := t.inner[dir]; k != Unknown {
			return k
		}
	}
	return Unknown
}

// Writes reports whether a well-known image itself writes what a container has at a path.
func (t *Table) Writes(p string) bool { return t.inner[strings.TrimRight(p, "/")] != Unknown }

// Servers are the names of the servers whose configuration a file is by its
// name, and of their programs, in lower case.
func (t *Table) Servers(file string) []string {
	var out []string
	base := baseOf(file)
	for _, a := range t.list {
		if a.rank(base, "") < 3 {
			continue
		}
		for _, name := range append([]string{a.Name}, a.Commands...) {
			if name = strings.ToLower(name); !strings.Contains(name, " ") && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// ProgramsOf are the names of a server and of its programs, in lower case.
func (t *Table) ProgramsOf(server string) []string {
	out := []string{strings.ToLower(server)}
	for _, a := range t.list {
		if a.Name == server {
			out = append(out, a.Commands...)
		}
	}
	return out
}

// IsProgram reports whether a program is one that a server brings.
func (t *Table) IsProgram(name string) bool {
	return t.IsDaemon(name) || slices.ContainsFunc(t.list, func(a *App) bool { return slices.Contains(a.Commands, name) })
}

// IsProduct reports whether a word is the name of a server, or of a program that one brings.
func (t *Table) IsProduct(name string) bool {
	return t.IsProgram(name) || slices.ContainsFunc(t.list, func(a *App) bool { return strings.EqualFold(a.Name, name) })
}

// baseOf is the name of a file that patterns are held against.
func baseOf(file string) string {
	base := strings.ToLower(path.Base(strings.ReplaceAll(file, `\`, "/")))
	for _, suffix := range []string{".tmpl", ".j2", ".tpl", ".template"} {
		base = strings.TrimSuffix(base, suffix)
	}
	return base
}

// rank says how well an app fits: 3 its file, by its baseOf, 2 its command, 1
// any file, 0 not.
func (a *App) rank(base, command string) int {
	for _, pattern := range a.Files {
		if base != "" && matches(strings.ToLower(pattern), base) {
			return 3
		}
	}
	for _, name := range a.Commands {
		if strings.EqualFold(name, command) && command != "" {
			return 2
		}
	}
	if len(a.Files) == 0 && len(a.Commands) == 0 {
		return 1
	}
	return 0
}

// matches reports whether a name matches a pattern. Most patterns begin with another letter.
func matches(pattern, name string) bool {
	if pattern != "" && strings.IndexByte(`*?[\`, pattern[0]) < 0 && pattern[0] != name[0] {
		return false
	}
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// Guess says what a name means by the words of its last two parts alone.
func (t *Table) Guess(key string) Meaning {
	parts := strings.Split(key, ".")
	for _, part := range parts[:max(len(parts)-2, 0)] {
		if t.elsewhere[strings.ToLower(part)] {
			return Meaning{Kind: None, Never: true}
		}
	}
	parts = parts[max(len(parts)-2, 0):]
	m := t.said(parts)
	if own := t.said(parts[len(parts)-1:]); m.Kind == None && !m.Never && own.Place && own.Kind != Unknown {
		return own // what only its section is called like does not count: [cache] log_dir
	}
	return m
}

// said is what the words of a section and of a name say together.
func (t *Table) said(parts []string) Meaning {
	var m Meaning
	for i, part := range parts {
		if part == "env" || part == "environment" {
			continue // a section
		}
		for _, w := range Words(part) {
			if server := i == 0 && len(parts) > 1 && (part == "http" || part == "https"); t.never[w] && !server {
				return Meaning{Kind: None, Never: true}
			}
			if t.not[w] {
				m.Kind = None
			}
			if m.Kind == None {
				continue
			}
			m.Output = m.Output || t.out[w]
			if k := t.words[w]; k != Unknown && (m.Kind == Unknown || k != Data && k != Log) {
				m.Kind = k
			}
			m.Place = m.Place || t.place[w]
		}
	}
	return m
}
