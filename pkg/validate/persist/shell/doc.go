// Package shell follows a shell script as far as it is constant, and tells what
// it does with paths: folders it makes, files it writes, links and mounts,
// containers it runs, configuration that it writes line by line.
//
// It does not run anything. A condition that is known decides; one that is not
// lets both ways be walked.
//
// Walk (walk.go) goes through the statements of a script and returns events
// (event.go). The other files hold, in the order in which a statement is taken
// apart:
//
//   - what words become: word.go, param.go, place.go (with what commands print),
//     variables (vars.go);
//   - what conditions say: ask.go, functions that are there to answer (predicate.go,
//     answers.go), which role the script is for (role.go), whether a daemon runs
//     (alive.go), what is mounted (volume.go), what a script made itself (marks.go), and
//     where it ends (leave.go);
//   - calls: call.go, functions (function.go, asked.go), redirections (redirect.go), pipes
//     (pipe.go), here-documents (document.go, sed.go);
//   - what single commands do: commands.go; docker.go; fetch.go for downloads and
//     copies; clients.go for databases; start.go for services;
//   - what is made once and cannot be made again (made.go): keys.go, secret.go,
//     generate.go, account.go.
package shell
