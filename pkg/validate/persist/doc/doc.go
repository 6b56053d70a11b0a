// Package doc has what all parts of the rule speak of: documents (texts that may
// say where something is put), the roles whose nodes get them, and who of these
// owns which.
//
// Documents are in document.go, and what kinds of files are told by their names in
// kinds.go; roles are in role.go, owners in owners.go. What texts of any format are
// taken apart into is in tokens.go, words.go and, for the files that scripts read,
// sources.go. Nothing here decides anything about an app: package owner finds out
// whose a document is, package persist what it says.
package doc
