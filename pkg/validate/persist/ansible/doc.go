// Package ansible says what stands in playbooks: modules and their arguments,
// loops, the ansible roles that plays and tasks bring with them.
package ansible
