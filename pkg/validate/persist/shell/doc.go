// Package shell follows a shell script as far as it is constant, and tells what
// it does with paths: folders it makes, files it writes, links and mounts,
// containers it runs, configuration that it writes line by line.
//
// It does not run anything. A condition that is known decides; one that is not
// lets both ways be walked.
package shell
