package rules

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
)

//go:embed pages/*.md
var pages embed.FS

// Page is what there is to say about a rule, beside its title: parts of
// pages/<id>.md.
type Page struct {
	Why  map[string]string // by language: the title in it (not for en), an empty line, why the rule is there and how to mend
	Bad  []Example
	Good []Example
}

// Example is a file that a page shows. It lies over the files of the test's
// base project: as a whole, or merged into its JSON.
type Example struct {
	Syntax string // of the fence: "toml", "json" …
	File   string // relative to the project
	Whole  bool   // JSON that replaces the file
	Text   string
}

// Languages are those that pages are written in.
func Languages() []string { return []string{"en", "zh-CN"} }

// PageOf is the page of a rule.
func PageOf(id string) (*Page, error) {
	data, err := pages.ReadFile("pages/" + id + ".md")
	if err != nil {
		return nil, fmt.Errorf("no page of rule %q", id)
	}
	p := &Page{Why: map[string]string{}}
	text := "\n" + string(data)
	for _, lang := range Languages() {
		p.Why[lang] = part(text, lang)
	}
	if p.Bad, err = examples(part(text, "bad")); err == nil {
		p.Good, err = examples(part(text, "good"))
	}
	if err != nil {
		return nil, fmt.Errorf("page of rule %q: %w", id, err)
	}
	return p, nil
}

// part is what stands below a heading, up to the next one.
func part(text, head string) string {
	_, body, _ := strings.Cut(text, "\n# "+head+"\n")
	for _, next := range append(Languages(), "bad", "good") {
		body, _, _ = strings.Cut(body, "\n# "+next+"\n")
	}
	return strings.TrimSpace(body)
}

// examples reads fences of three backquotes: ```SYNTAX FILE [whole].
func examples(text string) ([]Example, error) {
	var out []Example
	for text != "" {
		head, rest, ok := strings.Cut(strings.TrimPrefix(text, "```"), "\n")
		body, after, closed := strings.Cut(rest, "```")
		words := strings.Fields(head)
		if !strings.HasPrefix(text, "```") || !ok || !closed || len(words) < 2 {
			return nil, fmt.Errorf("an example is no fence with syntax and file: %q", head)
		}
		out = append(out, Example{words[0], words[1], slices.Contains(words[2:], "whole"), body})
		text = strings.TrimSpace(after)
	}
	return out, nil
}

// Explain is the page of a rule as Markdown, in English.
func Explain(id string) (string, error) {
	all := append(All(), validate.OwnRules()...)
	i := slices.IndexFunc(all, func(r validate.Rule) bool { return r.ID() == id })
	if i < 0 {
		return "", fmt.Errorf("no rule %q", id)
	}
	return section(all[i], "en")
}

// words of a page in each language.
type words struct{ title, intro, severity, bad, good string }

func wordsOf(lang string) words {
	if lang == "zh-CN" {
		return words{
			"appimg lint 的规则", "本页由 pkg/validate/rules/pages 生成，其中的示例都由测试执行。片段会并入示例项目的同名文件。",
			"级别", "错误示例", "正确示例",
		}
	}
	return words{
		"Rules of appimg lint", "Made from pkg/validate/rules/pages; a test executes the examples. Fragments are merged into the files of a small project.",
		"Severity", "Bad", "Good",
	}
}

// Document is all pages as one Markdown document.
func Document(lang string) (string, error) {
	w := wordsOf(lang)
	var out strings.Builder
	fmt.Fprintf(&out, "# %s\n\n%s\n", w.title, w.intro)
	for _, r := range append(All(), validate.OwnRules()...) {
		text, err := section(r, lang)
		if err != nil {
			return "", err
		}
		out.WriteString("\n#" + text)
	}
	return out.String(), nil
}

func section(r validate.Rule, lang string) (string, error) {
	p, err := PageOf(r.ID())
	if err != nil {
		return "", err
	}
	w := wordsOf(lang)
	title, why := r.Title(), p.Why[lang]
	if lang != "en" {
		title, why, _ = strings.Cut(why, "\n")
	}
	var out strings.Builder
	fmt.Fprintf(&out, "# %s\n\n**%s** — %s: %s\n\n%s\n", r.ID(), title, w.severity, r.Severity(), strings.TrimSpace(why))
	for _, part := range []struct {
		name string
		list []Example
	}{{w.bad, p.Bad}, {w.good, p.Good}} {
		for _, e := range part.list {
			if strings.TrimSpace(e.Text) == "" {
				continue // a file that the example does without
			}
			fmt.Fprintf(&out, "\n%s, `%s`:\n\n```%s\n%s```\n", part.name, e.File, e.Syntax, e.Text)
		}
	}
	return out.String(), nil
}
