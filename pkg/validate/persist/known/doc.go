// Package known says what a setting's name means: by a table of well-known
// settings of servers (settings.toml), else by the words that the name is made
// of.
package known
