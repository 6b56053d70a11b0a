// Package hostkeys decides whether a server is the one it was before, by the
// known_hosts files of OpenSSH (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
//
// golang.org/x/crypto/ssh/knownhosts has the format's building blocks, but it
// refuses a whole file for one line that it cannot read (a key type of
// tomorrow), cannot say which key types of a host are known, matches a pattern
// against the host without its port, ends at the first authority that does not
// fit, and revokes for every host what is revoked for one. What OpenSSH does in
// each of these cases is done here.
//
//	db, err := hostkeys.Load(files...)
//	db = db.Of(name)
//	algorithms := db.Algorithms(name, preferred)   // what is known comes first
//	err = db.Check(name, key, time.Now())          // *UnknownError, *ChangedError, *RevokedError
package hostkeys
