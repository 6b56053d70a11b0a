package owner

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// words are the tokens of a text that are names, and the last parts of paths in
// it that are.
func (a *Attribution) words(text string) map[string]bool {
	out := map[string]bool{}
	for _, t := range doc.Tokens(text, 50_000) {
		first, _, _ := strings.Cut(t, "/") // of SERVICES: name/true/port
		for _, w := range []string{t, path.Base(t), first, doc.Stem(path.Base(t))} {
			if a.names[w] {
				out[w] = true
			}
		}
	}
	return out
}

// tell finds the names that what one role gets has, and what another one gets
// from the same pair (or as its commands) has not.
func (a *Attribution) tell() {
	texts := map[*validate.Pair]map[*doc.Role]string{}
	commands := map[*doc.Role]string{}
	for _, d := range a.Docs {
		switch {
		case d.Command && d.Role != nil:
			commands[d.Role] += d.Text + "\n" + strings.ReplaceAll(d.Text, "/", " ") + "\n"
		case d.Pair != nil && d.Role != nil && !d.Command:
			if texts[d.Pair] == nil {
				texts[d.Pair] = map[*doc.Role]string{}
			}
			texts[d.Pair][d.Role] = d.Text
		}
	}
	a.compare(commands, nil)
	a.skips(commands)
	for _, d := range a.Docs {
		if t := texts[d.Pair]; d.Pair != nil && t != nil {
			a.compare(t, append(namesOf(d), a.Table.Servers(d.Node)...)) // what it says about itself tells nothing
			delete(texts, d.Pair)
		}
	}
}

// skips finds the words of each role's commands, and gives it those that only other roles'
// commands have, or what cron does for them alone.
func (a *Attribution) skips(commands map[*doc.Role]string) {
	all := map[string]bool{}
	for r, text := range commands {
		a.said[r] = map[string]bool{}
		for _, w := range doc.Tokens(text, 1000) {
			all[w], a.said[r][w] = true, true
		}
	}
	byCron := map[*doc.Role]map[string]bool{}
	for _, r := range a.Roles {
		byCron[r] = a.saidByCron(r)
		maps.Copy(all, byCron[r])
	}
	for _, w := range slices.Sorted(maps.Keys(all)) {
		for _, r := range a.Roles {
			if !a.said[r][w] && !byCron[r][w] {
				r.Skip = append(r.Skip, w)
			}
		}
	}
}

// saidByCron are the words of what cron does on a role's nodes, as far as its lines ask for
// the role: grep -q ROLE=db node.env && ctl backup.
func (a *Attribution) saidByCron(r *doc.Role) map[string]bool {
	out := map[string]bool{}
	for _, d := range a.Docs {
		if d.Format != reader.Cron || d.Role != nil && d.Role != r {
			continue
		}
		for _, c := range reader.CronCommands(d.Text) {
			for _, w := range doc.Tokens(a.doneBy(d.Part(d.Node, c.Path, c.Offset, reader.Shell), r), 1000) {
				out[w] = true
			}
		}
	}
	return out
}

// inOrder are roles in the order of the app's.
func (a *Attribution) inOrder(some []*doc.Role) []*doc.Role { return doc.Common(a.Roles, some) }

func (a *Attribution) compare(texts map[*doc.Role]string, own []string) {
	if identical(texts) && len(texts) == len(a.Roles) {
		return
	}
	who := map[string][]*doc.Role{}
	for _, r := range a.Roles {
		for w := range a.words(texts[r]) {
			who[w] = append(who[w], r)
		}
	}
	for w, some := range who {
		if len(some) == len(a.Roles) || slices.Contains(own, w) {
			continue
		}
		for _, r := range some {
			if !slices.Contains(a.telling[w], r) {
				a.telling[w] = append(a.telling[w], r)
			}
		}
	}
}

func identical(texts map[*doc.Role]string) bool {
	one, any := "", false
	for _, t := range texts {
		if any && t != one {
			return false
		}
		one, any = t, true
	}
	return true
}
