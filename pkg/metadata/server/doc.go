// Package server speaks the platform's metadata protocol (that of the open
// source metad), so that any confd can work against a simulated cluster.
//
//	s := server.New(server.Options{})
//	s.MergeData("/clusters/cl-1/env", map[string]any{"port": "6379"})
//	s.SetMapping(map[string]any{"192.168.1.2": map[string]any{"env": "/clusters/cl-1/env"}})
//	http.Serve(nodes, s.Data())      // what nodes ask: GET /self, with ?wait=true
//	http.Serve(operator, s.Manage()) // POST, PUT, DELETE /v1/data, /v1/mapping, /v1/rule
//
// Where the original has bugs that nobody can rely on (panics, missed wakes, a
// version that is one change behind), this server does what was meant; in all
// else it answers as the original does, odd or not.
//
// Everything known is one immutable state. A write makes the next state, which
// shares what did not change, and wakes the long polls whose paths differ; a
// read takes the current state and never waits for a write.
//
// By file: tree.go is the state, written by draft.go, tx.go and change.go, as
// mapping.go and rules.go allow; client.go and access.go are what one client sees
// of it, watch.go and wait.go its long polls. Requests come in by data.go (nodes)
// and manage.go (the operator), with accept.go and path.go, and are answered by
// respond.go and encode*.go.
package server
