// Package daemon is confd as it runs inside images: a drop-in for QingCloud's
// own. It reads its flags and confd.toml, and then goes through the template
// resources once (-onetime), every so often (-interval), or follows the
// metadata (-watch).
//
// In watch mode a feed for each prefix holds one long poll and keeps the
// latest snapshot of what is below it; a worker for each resource compares its
// view — what its keys name — with the one it applied last, and applies the
// difference. Workers know nothing of each other, so a reload_cmd that runs for
// hours delays its own resource only; what changes meanwhile waits for it.
//
// What is tried again, and when:
//
//   - A read that fails, whatever the server answers: with back-off, until it
//     succeeds. Files stay as they are. That the whole prefix is gone (404, or
//     no value at all) counts as such a failure; a single key that is not
//     there does not.
//   - A template that fails: at the next change of the prefix. The fault is
//     said once, and again only when it is another one.
//   - A check_cmd that fails, a file that cannot be written: with back-off,
//     since the reason may lie outside of the metadata; and at the next change.
//   - A reload_cmd that fails: at the next change of what the resource sees,
//     even if its file stays the same. Not by itself, since a command may do
//     harm when it runs again; and never for cmd.info, whose reload_cmd is the
//     scheduler's command: that one runs once for each command sent.
//   - A file that was deleted: it is put back after a few seconds, without
//     reload_cmd, as the app has seen this content; with back-off if it is
//     deleted again and again. A file that was edited stays until the next
//     change of the prefix, as some apps rewrite their own configuration.
//
// SIGHUP reads conf.d and the templates again and applies everything. SIGTERM
// and SIGINT end the daemon; commands that still run are left alone.
//
// On Windows the daemon is a service by itself: "sc stop" ends it, "sc control
// NAME paramchange" does what SIGHUP does, and its log is log\confd.log beside
// the folder of the program. Modes and owners of pairs mean nothing there.
//
// By file: run.go, with config.go and configfile.go, decides the mode; onetime.go is
// the first two, watch.go the third, with its feeds (feed.go, snapshot.go) and
// workers (worker.go, patrol.go, backoff.go). All of them go through steps.go, which
// runs commands by command.go and children.go; init_linux.go is what falls to the
// first process of a container. The service of Windows is in *_windows.go.
package daemon
