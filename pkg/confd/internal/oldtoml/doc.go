// Package oldtoml reads the dialect of TOML in which template resources are
// written: what BurntSushi/toml understood at the time of its v0.2.0, which
// QingCloud's confd carries. No inline tables, no dotted keys, no
// underscores in numbers, dates in Zulu form only, arrays of one type; a file
// that a newer TOML reader accepts may be refused, and must be, since the
// node's confd decides.
//
// Every key and value keeps its place, as a byte offset.
package oldtoml
