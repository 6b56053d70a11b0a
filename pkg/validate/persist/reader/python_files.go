package reader

import (
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// PyFile is a file that a program writes or reads.
type PyFile struct {
	Path   string
	Offset int
	Write  bool
	Secret bool     // what is written is made at random
	Guard  bool     // it hangs on whether a file is there
	Within []string // the function around
}

// PythonFiles are the files that a program opens, or asks for, as far as its texts and
// constants tell, and those of the modules that it imports.
func PythonFiles(name, text string, modules []string) []PyFile {
	p := pyFiles{constants: pyReader{name: name, plain: true, constants: map[string]string{}, places: map[string]int{}}, secrets: map[string]bool{}, handles: map[string]int{}}
	for _, m := range modules {
		p.constants.read(m)
	}
	offset := 0
	for line := range strings.Lines(text) {
		if body := strings.TrimSpace(line); body != "" && body[0] != '#' {
			p.line(strings.TrimRight(line, "\r\n"), offset)
		}
		if offset += len(line); len(p.out) > maxSettings {
			break
		}
	}
	return p.out
}

type pyFiles struct {
	constants pyReader
	secrets   map[string]bool // variables that hold, and functions that return, what is made at random
	handles   map[string]int  // open files, by the variable: which of out
	blocks    []pyBlock
	out       []PyFile
}

// pyBlock is a statement with others below it.
type pyBlock struct {
	indent   int
	function string
	asks     bool // for a file
}

var (
	pyRandom = lazyregexp.New(`\bsecrets\.|\buuid[14]\(|\burandom\(|\brandom\.(?:choices?|sample|randint|getrandbits|SystemRandom)\b|\bgenerate_key\(|\bgenerate_private_key\(|\btoken_(?:hex|urlsafe|bytes)\(|\bget_random_bytes\(|\bget_random_string\(`)
	pyBlocks = lazyregexp.New(`^(?:def[ \t]+(\w+)|if|elif|else|for|while|with|try|except|finally|class)\b.*:`)
	pySet    = lazyregexp.New(`^(\w+)[ \t]*\+?=[ \t]*[^=]`)
	pyAsks   = lazyregexp.New(`\b(?:exists|isfile|access)\([ \t]*([^,()]+)|(\w[\w.]*)\.(?:exists|is_file|read_text|read_bytes)\(\)`)
	pyOpened = lazyregexp.New(`\bopen\([ \t]*((?:os\.path\.join\([^()]*\)|[^,()])+?)[ \t]*(?:,[ \t]*(?:mode=)?["']([^"']*)["'][^)]*)?\)(?:[ \t]*as[ \t]+(\w+))?`)
	pyText   = lazyregexp.New(`(\w[\w.]*|Path\([^()]+\))\.write_(?:text|bytes)\(`)
	pyUse    = lazyregexp.New(`\b(\w+)\.write(?:lines)?\(|\bfile[ \t]*=[ \t]*(\w+)|\bdump\(.*,[ \t]*(\w+)`)
)

func (p *pyFiles) line(line string, offset int) {
	body := strings.TrimLeft(line, " \t")
	indent := len(line) - len(body)
	for n := len(p.blocks); n > 0 && p.blocks[n-1].indent >= indent; n-- {
		p.blocks = p.blocks[:n-1]
	}
	p.constants.line(line, offset)
	asks := pyAsks.FindAllStringSubmatchIndex(line, 8)
	for _, m := range asks {
		at, end := m[2], m[3]
		if at < 0 {
			at, end = m[4], m[5]
		}
		p.add(line[at:end], PyFile{Offset: offset + at})
	}
	p.opened(line, offset)
	if secret := p.in(body); secret {
		p.spread(body)
	} else if m := pySet.FindStringSubmatch(body); m != nil {
		delete(p.secrets, m[1])
	}
	if m := pyBlocks.FindStringSubmatch(body); m != nil {
		p.blocks = append(p.blocks, pyBlock{indent, m[1], len(asks) > 0})
	}
}

// opened notes the files that a line opens or writes whole.
func (p *pyFiles) opened(line string, offset int) {
	secret := p.in(line)
	for _, m := range pyOpened.FindAllStringSubmatchIndex(line, 8) {
		mode := "r"
		if m[4] >= 0 {
			mode = line[m[4]:m[5]]
		}
		f := PyFile{Offset: offset + m[2], Write: strings.ContainsAny(mode, "wax")}
		f.Secret = f.Write && secret
		handle := ""
		if m[6] >= 0 {
			handle = line[m[6]:m[7]]
		} else if set := pySet.FindStringSubmatch(strings.TrimSpace(line)); set != nil {
			handle = set[1]
		}
		delete(p.handles, handle)
		if p.add(line[m[2]:m[3]], f) && handle != "" && f.Write {
			p.handles[handle] = len(p.out) - 1
		}
	}
	if m := pyText.FindStringSubmatchIndex(line); m != nil {
		p.add(strings.TrimSuffix(strings.TrimPrefix(line[m[2]:m[3]], "Path("), ")"), PyFile{Offset: offset + m[2], Write: true, Secret: secret})
	}
}

func (p *pyFiles) add(expr string, f PyFile) bool {
	value, ok := p.constants.eval(expr)
	if !ok || !strings.HasPrefix(value, "/") || strings.Contains(value, "$") {
		return false
	}
	f.Path = path.Clean(value)
	for _, b := range p.blocks {
		f.Guard = f.Guard || b.asks
		if b.function != "" {
			f.Within = append(f.Within, b.function)
		}
	}
	p.out = append(p.out, f)
	return true
}

// spread notes where something made at random goes: into a variable, out of a function,
// into an open file.
func (p *pyFiles) spread(body string) {
	if m := pySet.FindStringSubmatch(body); m != nil {
		p.secrets[m[1]] = true
	}
	if strings.HasPrefix(body, "return") {
		for _, b := range p.blocks {
			if b.function != "" {
				p.secrets[b.function] = true
			}
		}
	}
	for _, m := range pyUse.FindAllStringSubmatch(body, 4) {
		if i, ok := p.handles[m[1]+m[2]+m[3]]; ok {
			p.out[i].Secret = true
		}
	}
}

// in reports whether a text has something that is made at random.
func (p *pyFiles) in(text string) bool {
	if pyRandom.MatchString(text) {
		return true
	}
	if len(p.secrets) == 0 {
		return false
	}
	for _, word := range pyWord.FindAllString(text, 100) {
		if p.secrets[word] {
			return true
		}
	}
	return false
}

var pyWord = lazyregexp.New(`[A-Za-z_]\w*`)
