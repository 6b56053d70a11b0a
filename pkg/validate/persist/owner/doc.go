// Package owner answers whose a document is: which roles' nodes get it.
//
// Attribute asks it of all documents of an app at once (attribution.go, owners.go):
// one says something of the others. What it needs to know of scripts, it asks for by
// the functions of App; it knows documents and roles, not the rule. The answer goes
// by, in this order:
//
//   - what the repository says in so many words: appimg.toml, and playbooks (plays.go);
//   - folders and files that are called like roles or their programs (guess.go):
//     homes.go, called.go, names.go; machines.go for Dockerfiles;
//   - what roles are told apart with: names that only some roles' files have
//     (tell.go), services that they are told to run (running.go), what their commands
//     reach (reach.go), and with which arguments (calls.go);
//   - who starts a document's server (duties.go, onduty.go): scripts and units
//     (starting.go), supervisord (supervised.go), services of Windows (windows.go), modules of Python (imports.go);
//   - where nothing else is known, what lies beside it (neighbours.go).
package owner
