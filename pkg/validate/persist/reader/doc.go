// Package reader reads settings out of configuration files of servers: each
// format in its own way, tolerantly, with the place of every value. What a
// setting means is not known here.
//
//	for _, s := range reader.Read("/etc/redis/redis.conf", text) {
//		… s.Key, s.Value, s.Offset …
//	}
//
// Only values that name paths are settings: everything else is left out.
//
// Read is in setting.go, with what a format is; variables of the file itself are put
// in by resolve.go, and paths in longer values found by pieces.go, archive.go,
// embedded.go and options.go. Of the formats lines.go has those of one setting a line
// (ini, properties, blocks in braces); json.go, xml.go, yaml.go, unit.go, cron.go,
// log4j.go, rsyslog.go, sql.go, dav.go, zones.go and small.go have one or a few each;
// python*.go, javascript.go, windows*.go and dotnet.go read programs as far as they
// are constant.
package reader
