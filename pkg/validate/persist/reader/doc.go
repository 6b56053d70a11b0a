// Package reader reads settings out of configuration files of servers: each
// format in its own way, tolerantly, with the place of every value. What a
// setting means is not known here.
//
//	for _, s := range reader.Read("/etc/redis/redis.conf", text) {
//		… s.Key, s.Value, s.Offset …
//	}
//
// Only values that name paths are settings: everything else is left out.
package reader
