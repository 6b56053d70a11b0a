package reader

import (
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

var (
	davPut    = lazyregexp.New(`(?i)^(?:dav_methods\b.*\bput\b|dav[ \t]+(?:on|filesystem|svn)\b)`)
	davRoot   = lazyregexp.New(`^(?:root|alias)[ \t]+"?(/[^\s";]+)`)
	davFolder = lazyregexp.New(`(?i)^<(?:directory|location)[ \t]+"?(/[^\s">]*)`)
	davAlias  = lazyregexp.New(`(?i)^alias[ \t]+"?(/[^\s"]*)"?[ \t]+"?(/[^\s"]+)`)
)

// davBlock is a block of nginx's or Apache's, with the folder that it serves.
type davBlock struct {
	folder string
	at     int
	url    bool // folder is what clients see
	put    bool
}

// readDAV reads the folders that clients may put files into, over WebDAV: those of
// nginx's locations with dav_methods PUT, and of Apache's with Dav On. The key is
// "webdav".
func readDAV(text string) []Setting {
	lower := strings.ToLower(text)
	if !strings.Contains(lower, "dav_methods") && !strings.Contains(lower, "dav on") {
		return nil
	}
	var out []Setting
	aliases := map[string]davBlock{}
	blocks := []davBlock{{}}
	offset := 0
	for line := range strings.Lines(text) {
		body := strings.TrimSpace(line)
		at := offset + strings.Index(line, body)
		offset += len(line)
		top := &blocks[len(blocks)-1]
		switch {
		case body == "" || body[0] == '#':
		case strings.HasPrefix(body, "</") || body[0] == '}':
			if top.put && top.folder != "" {
				out = append(out, davSetting(*top, aliases))
			}
			if len(blocks) > 1 {
				blocks = blocks[:len(blocks)-1]
			}
		case davFolder.MatchString(body):
			m := davFolder.FindStringSubmatchIndex(body)
			blocks = append(blocks, davBlock{folder: body[m[2]:m[3]], at: at + m[2], url: strings.EqualFold(body[1:4], "loc")})
		case body[0] == '<':
			blocks = append(blocks, davBlock{})
		case strings.HasSuffix(body, "{"):
			blocks = append(blocks, davBlock{folder: top.folder, at: top.at})
		case davPut.MatchString(body):
			top.put = true
		case davAlias.MatchString(body):
			m := davAlias.FindStringSubmatchIndex(body)
			aliases[strings.TrimRight(body[m[2]:m[3]], "/")] = davBlock{folder: body[m[4]:m[5]], at: at + m[4]}
		default:
			if m := davRoot.FindStringSubmatchIndex(body); m != nil {
				top.folder, top.at, top.url = body[m[2]:m[3]], at+m[2], false
			}
		}
	}
	return out
}

// davSetting is a block's folder, on the node.
func davSetting(b davBlock, aliases map[string]davBlock) Setting {
	if b.url {
		b = aliases[strings.TrimRight(b.folder, "/")]
	}
	return Setting{Key: "webdav", Value: b.folder, Offset: b.at}
}
