// Package metad is the client of the platform's metadata protocol: reads of
// JSON, and waits that the server answers when what was asked for changes.
//
// A client knows several servers (nodes) and uses one until it fails; the
// next request then goes to the next. What a version means only the server
// that gave it knows, so a Document remembers where it came from, and Wait
// asks there.
package metad
