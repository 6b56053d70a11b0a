package rules

import (
	"context"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// monitorItemNeverEmitted finds items whose names no file of the repository
// has, where the script that measures is among them.
func monitorItemNeverEmitted() validate.Rule {
	return validate.NewRule("monitor-item-never-emitted", validate.Warning, "The monitor command never prints an item",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, m := range monitors(p) {
				items, cmd := m.doc.Get("items"), m.doc.Get("cmd").Str()
				if items == nil || cmd == "" || !p.Complete() {
					continue
				}
				script := measures(p, cmd, items)
				if script == nil {
					continue
				}
				for _, item := range items.Members {
					if neverNamed(p, item.Key) || misprinted(p, item.Key, script) || notPrinted(p, item.Key, keysOf(items), script) {
						reportNeverEmitted(p, r, m, item, script)
					}
				}
			}
			return nil
		})
}

// neverNamed reports whether no file has the name of an item, nor its parts.
func neverNamed(p *validate.Package, item string) bool {
	return !mentioned(p, item) && !mentionsOf(p).folded[strings.ToLower(item)] && !composed(p, item)
}

// misprinted reports whether a script prints what looks like an item and is
// none, and names the item itself only where it asks for it: v expired_keys.
func misprinted(p *validate.Package, item string, script *validate.File) bool {
	text, _ := p.Text(script.Path)
	near, at := misspeltItem(text, item, allItems(p))
	isKey := func(name string, from int) bool {
		rest, ok := strings.CutPrefix(strings.TrimLeft(text[from+len(name):], `\`), `"`)
		return ok && strings.HasPrefix(strings.TrimLeft(rest, " "), ":")
	}
	if near == "" || !isKey(near, at) {
		return false
	}
	for from := 0; ; from += len(item) {
		i := strings.Index(text[from:], item)
		if i < 0 {
			return true
		}
		if from += i; isKey(item, from) || from > 0 && strings.ContainsRune(`"'`, rune(text[from-1])) {
			return false
		}
	}
}

// allItems are those of all monitors of an app, which may share a script.
func allItems(p *validate.Package) []string {
	var out []string
	for _, m := range monitors(p) {
		out = append(out, keysOf(m.doc.Get("items"))...)
	}
	return out
}

// reportNeverEmitted reports where the slip is: in the script, if that has a
// name that looks like the item's and is none.
func reportNeverEmitted(p *validate.Package, r *validate.Reporter, m monitor, item jsondoc.Member, script *validate.File) {
	text, _ := p.Text(script.Path)
	if near, at := misspeltItem(text, item.Key, allItems(p)); near != "" {
		f := r.At(diag.At(script.Path, text, at), "it prints %q, and the item of monitor is called %q", near, item.Key).In(m.role).With(validate.Likely)
		f.WithFix("print %q", item.Key).Origin = r.Origin(item.KeyPos)
		return
	}
	if names, all := literalMembers(text); all && len(names) > 1 {
		spanKey(r, &item, "%s does not print %q: it prints %s", r.Rel(script.Path), item.Key, strings.Join(names, ", ")).In(m.role).With(validate.Likely).
			WithFix("print it, or take it out of items")
		return
	}
	spanKey(r, &item, "no file of the repository uses the word %q: %s does not print it", item.Key, r.Rel(script.Path)).In(m.role).With(validate.Likely).
		WithFix("print it, or take it out of items")
}

// measures is the script that a monitor command runs, if it is one of the
// repository that names what it prints. Where the program itself is not there
// (a wrapper that all apps share), it is the file that has nearly all of the
// items.
func measures(p *validate.Package, cmd string, items *jsondoc.Value) *validate.File {
	programs := programNames(p, cmd)
	var best, own *validate.File
	most, mostOwn := 0, 0
	for _, f := range p.Files() {
		text, ok := p.Text(f.Path)
		if !ok || !strings.HasPrefix(text, "#!") && !isShell(f.Path, text) {
			continue
		}
		n := 0
		for _, item := range items.Members {
			if strings.Contains(text, item.Key) {
				n++
			}
		}
		switch {
		case programs[path.Base(f.Rel)]:
			if own == nil || n > mostOwn {
				own, mostOwn = f, n // roles may have one each
			}
		case n > most:
			best, most = f, n
		}
	}
	if own != nil && 2*mostOwn < len(items.Members) {
		return nil // it does not name what it prints
	}
	if own != nil {
		return own
	}
	if most >= 4 && 4*most >= 3*len(items.Members) {
		return best
	}
	return dispatcher(p, cmd, keysOf(items))
}

// dispatcher is the one script that has a function for the word that a command
// says (appctl measure), and prints two of the items at least, and half of them.
func dispatcher(p *validate.Package, cmd string, items []string) *validate.File {
	words := strings.Fields(cmd)
	if len(words) != 2 || strings.Contains(words[0], "/") {
		return nil
	}
	var found *validate.File
	for _, f := range p.Files() {
		text, ok := p.Text(f.Path)
		if !ok || !isShell(f.Path, text) || !strings.Contains(text, words[1]+"()") {
			continue
		}
		names, _ := literalMembers(text)
		names = slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(items, name) })
		if len(names) < 2 || 2*len(names) < len(items) {
			continue
		}
		if found != nil {
			return nil
		}
		found = f
	}
	return found
}

// programNames are the file names of the programs of a command.
func programNames(p *validate.Package, text string) map[string]bool {
	out := map[string]bool{}
	file, _ := p.Shell(text)
	eachCall(file, func(call *syntax.CallExpr) {
		if name, _ := programOf(callWords(call)); name != "" {
			out[path.Base(name)] = true
		}
	})
	return out
}

var itemName = lazyregexp.New(`["']([A-Za-z][A-Za-z0-9_.-]{3,})\\?["']`)

// misspeltItem is a quoted name in a script that differs from an item's by a
// letter or two, and is no item itself.
func misspeltItem(text, item string, items []string) (name string, offset int) {
	for _, at := range itemName.FindAllStringSubmatchIndex(text, -1) {
		word := text[at[2]:at[3]]
		near := max(len(word)-len(item), len(item)-len(word)) <= 1 && len(diag.Nearest(word, []string{item}, 1)) > 0
		if near && !slices.Contains(items, word) {
			return word, at[2]
		}
	}
	return "", 0
}

// composed reports whether a script may put the name together: all of its parts
// are there.
func composed(p *validate.Package, name string) bool {
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || r == '.' })
	if len(parts) < 2 {
		return false
	}
	for _, part := range parts {
		if !mentionsOf(p).hasPart(part) {
			return false
		}
	}
	return true
}
