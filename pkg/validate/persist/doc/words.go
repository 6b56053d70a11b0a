package doc

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// IsPlain reports whether a word of a command means what it says.
func IsPlain(word string) bool { return plainWord.MatchString(word) }

var plainWord = lazyregexp.New(`^[\w./:=,@%+\-]+$`)

// IsShell reports whether a program runs the one that its arguments name.
func IsShell(name string) bool {
	return slices.Contains([]string{"sh", "bash", "sudo", "nohup", "su", "timeout", "nice", "time"}, name)
}

// IsNameByte reports whether a character may stand in the name of a file or a variable.
func IsNameByte(c byte) bool {
	return c == '_' || c == '.' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// Stem is a name without number and ends: 49-proxy.conf.tmpl is proxy.
func Stem(base string) string {
	for {
		switch ext := path.Ext(base); ext {
		case ".sh", ".toml", ".tmpl", ".service", ".conf", ".cfg", ".cnf", ".yml", ".yaml", ".xml", ".properties", ".env", ".py", ".j2", ".ini", ".json":
			base = strings.TrimSuffix(base, ext)
			continue
		}
		break
	}
	return strings.TrimLeft(strings.TrimLeft(base, "0123456789"), "-_.")
}
