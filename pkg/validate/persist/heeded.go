package persist

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// heeds reports whether a role may run a server that heeds a setting: what only servers
// heed stands in the files of those, too, that merely talk to one.
func (j *project) heeds(r *role, key string) bool {
	h := j.table.Heeded(key)
	if h == nil {
		return true
	}
	id := r.Name + "\x00" + key
	answer, ok := j.heeding[id]
	if !ok {
		answer = j.serves(r, h)
		j.heeding[id] = answer
	}
	return answer
}

func (j *project) serves(r *role, h *known.Heeded) bool {
	calledSo := func(words []string) bool {
		return slices.ContainsFunc(words, func(word string) bool {
			return slices.ContainsFunc(h.Daemons, func(name string) bool { return word == name || strings.HasSuffix(word, "-"+name) })
		})
	}
	return calledSo(known.Words(r.Name)) || slices.ContainsFunc(j.docs, func(d *doc) bool {
		if d.build || !d.of(r) {
			return false
		}
		if d.command || d.format == reader.Shell || d.format == reader.Unit || d.format == reader.Python {
			return calledSo(strings.FieldsFunc(strings.ToLower(d.text), notInDaemon)) || calledSo(strings.FieldsFunc(strings.ToLower(d.node), notInDaemon))
		}
		return slices.ContainsFunc(h.Keys, func(key string) bool { return strings.Contains(d.text, key) })
	})
}

// notInDaemon reports whether a character ends the name of a daemon, as it stands in
// hadoop@datanode, bin/start-dfs.sh and hadoop-hdfs-namenode.
func notInDaemon(c rune) bool {
	return c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9')
}
