// Package memkv is the flat key-value store that a template reads.
//
// It answers as the store inside QingCloud's confd does, oddities included
// (see QUIRKS 13 to 20 of the recorded behaviour): templates in the field
// depend on them. The package's name and the names of its types are part of
// that behaviour, since {{printf "%#v"}} and error texts show them.
package memkv
