package persist

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
)

// heeds reports whether a role may run a server that heeds a setting: what only servers
// heed stands in the files of those, too, that merely talk to one.
func (j *project) heeds(r *doc.Role, key string) bool {
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

func (j *project) serves(r *doc.Role, h *known.Heeded) bool {
	calledSo := func(words []string) bool {
		return slices.ContainsFunc(words, func(word string) bool {
			return slices.ContainsFunc(h.Daemons, func(name string) bool { return word == name || strings.HasSuffix(word, "-"+name) })
		})
	}
	return calledSo(known.Words(r.Name)) || slices.ContainsFunc(j.docs, func(d *doc.Doc) bool {
		if d.Build || !d.Of(r) {
			return false
		}
		if d.Command || d.Format == reader.Shell || d.Format == reader.Unit || d.Format == reader.Python {
			return calledSo(strings.FieldsFunc(strings.ToLower(d.Text), notInDaemon)) || calledSo(strings.FieldsFunc(strings.ToLower(d.Node), notInDaemon))
		}
		return slices.ContainsFunc(h.Keys, func(key string) bool { return strings.Contains(d.Text, key) })
	})
}

// notInDaemon reports whether a character ends the name of a daemon, as it stands in
// hadoop@datanode, bin/start-dfs.sh and hadoop-hdfs-namenode.
func notInDaemon(c rune) bool {
	return c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9')
}
