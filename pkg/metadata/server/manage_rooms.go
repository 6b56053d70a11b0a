package server

import (
	"net/http"
	"slices"
	"strings"
)

const errSubPath = refusal("Sub node must not a path.")

func (s *Server) getData(a *reply, path string) {
	a.node(s.current.Load().data.at(split(path)))
}

func (s *Server) putData(a *reply, path string) {
	a.put(path, dataOf, func(path string, v any) (*node, error) { return newPatch(split(path), v) })
}

func (s *Server) deleteData(a *reply, path string) { a.delete(path, dataOf, a.list("subs")) }

func (s *Server) getMapping(a *reply, path string) {
	a.node(s.current.Load().mapping.at(split(path)))
}

func (s *Server) putMapping(a *reply, path string) { a.put(path, mappingOf, newMapping) }

// deleteMapping trims its subs and leaves out empty ones, which deleteData does not.
func (s *Server) deleteMapping(a *reply, path string) {
	subs := a.list("subs")
	for i, sub := range subs {
		subs[i] = strings.TrimSpace(sub)
	}
	a.delete(path, mappingOf, slices.DeleteFunc(subs, func(sub string) bool { return sub == "" }))
}

func dataOf(tx *Tx) *[]*node    { return &tx.data }
func mappingOf(tx *Tx) *[]*node { return &tx.mapping }

// put is POST and PUT of one of the two trees.
func (a *reply) put(path string, of func(*Tx) *[]*node, parse func(path string, v any) (*node, error)) {
	var v any
	if !a.read(&v) {
		return
	}
	patch, err := parse(path, v)
	a.changed(func(tx *Tx) error {
		steps := of(tx)
		switch {
		case err != nil:
			return err
		case a.r.Method == http.MethodPost:
			*steps = rewrite(*steps, split(path), patch)
		default:
			*steps = become(*steps, merge(last(*steps), patch))
		}
		return nil
	})
}

// delete removes the children named subs of what is at path, or with nil
// that itself.
func (a *reply) delete(path string, of func(*Tx) *[]*node, subs []string) {
	a.changed(func(tx *Tx) error {
		if slices.ContainsFunc(subs, isPath) {
			return errSubPath
		}
		if subs == nil {
			subs = []string{""}
		}
		*of(tx) = deleteSubs(*of(tx), path, subs)
		return nil
	})
}

func isPath(sub string) bool { return strings.Contains(sub, "/") }

func (s *Server) getRules(a *reply, _ string) {
	rules := s.Rules(a.list("hosts")...)
	if a.format != asText {
		a.value(rules)
		return
	}
	n, err := newPatch(nil, rulesAsData(rules))
	if err != nil {
		a.refuse(http.StatusInternalServerError, err.Error())
		return
	}
	a.node(n)
}

func (s *Server) putRules(a *reply, _ string) {
	var rules map[string][]Rule
	if !a.read(&rules) {
		return
	}
	a.changed(func(tx *Tx) error { return tx.SetRules(rules) })
}

func (s *Server) deleteRules(a *reply, _ string) {
	hosts := a.list("hosts")
	a.changed(func(tx *Tx) error {
		tx.DeleteRules(hosts...)
		return nil
	})
}
