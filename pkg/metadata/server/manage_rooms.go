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
	var v any
	if !a.read(&v) {
		return
	}
	levels := split(path)
	patch, err := newPatch(levels, v)
	a.changed(http.StatusBadRequest, func(tx *Tx) error {
		switch {
		case err != nil:
			return err
		case a.r.Method == http.MethodPost:
			tx.data = rewrite(tx.data, levels, patch)
		default:
			tx.data = become(tx.data, merge(last(tx.data), patch))
		}
		return nil
	})
}

func (s *Server) deleteData(a *reply, path string) {
	subs := a.list("subs")
	a.changed(http.StatusInternalServerError, func(tx *Tx) error {
		if slices.ContainsFunc(subs, isPath) {
			return errSubPath
		}
		if subs == nil {
			tx.DeleteData(path)
			return nil
		}
		tx.data = deleteSubs(tx.data, path, subs)
		return nil
	})
}

func (s *Server) getMapping(a *reply, path string) {
	a.node(s.current.Load().mapping.at(split(path)))
}

func (s *Server) putMapping(a *reply, path string) {
	var v any
	if !a.read(&v) {
		return
	}
	patch, err := newMapping(path, v)
	a.changed(http.StatusInternalServerError, func(tx *Tx) error {
		switch {
		case err != nil:
			return err
		case a.r.Method == http.MethodPost:
			tx.mapping = rewrite(tx.mapping, split(path), patch)
		default:
			tx.mapping = become(tx.mapping, merge(last(tx.mapping), patch))
		}
		return nil
	})
}

// deleteMapping trims its subs and leaves out empty ones, which deleteData does not.
func (s *Server) deleteMapping(a *reply, path string) {
	subs := a.list("subs")
	a.changed(http.StatusInternalServerError, func(tx *Tx) error {
		if slices.ContainsFunc(subs, isPath) {
			return errSubPath
		}
		if subs == nil {
			tx.DeleteMapping(path)
			return nil
		}
		for _, sub := range subs {
			if sub = strings.TrimSpace(sub); sub != "" {
				tx.mapping = deleteSubs(tx.mapping, path, []string{sub})
			}
		}
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
	a.changed(http.StatusInternalServerError, func(tx *Tx) error { return tx.SetRules(rules) })
}

func (s *Server) deleteRules(a *reply, _ string) {
	hosts := a.list("hosts")
	a.changed(http.StatusOK, func(tx *Tx) error {
		tx.DeleteRules(hosts...)
		return nil
	})
}
