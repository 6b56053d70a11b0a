package reader

import (
	"path"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// zone matches a zone of BIND's, with the blocks in it.
var zone = lazyregexp.New(`(?m)^[ \t]*zone[ \t]+"[^"]*"[^{;]*\{((?:[^{}]|\{[^{}]*\})*)\}`)

var (
	zoneType    = lazyregexp.New(`(?:^|[\s;{])type[ \t]+(\w+)[ \t]*;`)
	zoneFile    = lazyregexp.New(`(?:^|[\s;{])(file|journal)[ \t]+"([^"]+)"`)
	zoneUpdates = lazyregexp.New(`(?:^|[\s;{])(?:allow-update|update-policy)[ \t]*\{[ \t]*(\w+)`)
	zoneFolder  = lazyregexp.New(`(?m)^[ \t]*directory[ \t]+"(/[^"]*)"`)
)

// readZones are the files of zones that BIND writes itself: copies of another
// server's, zones that others may change, and journals. Those of zones that it only
// reads are left out. Relative ones lie in the folder that it works in.
func readZones(text string) []Setting {
	if !strings.Contains(text, "zone") || !strings.Contains(text, "type") {
		return nil
	}
	folder := ""
	if m := zoneFolder.FindStringSubmatch(text); m != nil {
		folder = m[1]
	}
	var out []Setting
	for _, at := range zone.FindAllStringSubmatchIndex(text, 500) {
		body := text[at[2]:at[3]]
		kept := keptZone(body)
		for _, m := range zoneFile.FindAllStringSubmatchIndex(body, 5) {
			name, value := "bind.zone", body[m[4]:m[5]]
			if body[m[2]:m[3]] == "journal" {
				name = "bind.journal"
			} else if !kept {
				continue
			}
			if !strings.HasPrefix(value, "/") && folder != "" {
				value = path.Join(folder, value)
			}
			out = append(out, Setting{Key: name, Value: value, Offset: at[2] + m[4]})
		}
	}
	return out
}

// keptZone reports whether BIND writes the file of a zone.
func keptZone(body string) bool {
	if m := zoneUpdates.FindStringSubmatch(body); m != nil && m[1] != "none" {
		return true
	}
	m := zoneType.FindStringSubmatch(body)
	if m == nil {
		return false
	}
	switch m[1] {
	case "slave", "secondary", "mirror", "stub":
		return true
	}
	return false
}
