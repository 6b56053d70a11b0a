package confd

import (
	"maps"
	"net"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/appimg/appimg/pkg/confd/internal/memkv"
)

// env is what the functions of one rendering work on.
type env struct {
	machine  Machine
	store    *memkv.Store
	budget   *budget
	patterns map[string]*regexp.Regexp // of filter; they outlive a rendering
}

// FuncNames lists the functions that templates may call besides Go's own,
// sorted. eq ne gt ge lt le are among them: they replace Go's.
func FuncNames() []string {
	return slices.Sorted(maps.Keys((&env{}).funcs()))
}

// funcs are QingCloud's functions. Their Go signatures are part of the
// behaviour: text/template converts, and refuses, arguments by them.
func (e *env) funcs() template.FuncMap {
	return template.FuncMap{
		// metadata
		"exists": func(key string) bool { return e.store.Exists(key) },
		"get":    func(key string) (memkv.KVPair, error) { return e.store.Get(key) },
		"gets":   func(pattern string) (memkv.KVPairs, error) { return e.store.GetAll(pattern) },
		"getv":   func(key string, v ...string) (string, error) { return e.store.GetValue(key, v...) },
		"getvs":  func(pattern string) ([]string, error) { return e.store.GetAllValues(pattern) },
		"ls":     func(dir string) []string { return e.store.List(dir) },
		"lsdir":  func(dir string) []string { return e.store.ListDir(dir) },

		// numbers and order
		"add": add, "sub": sub, "mul": mul, "div": div, "mod": mod, "max": maximum, "min": minimum,
		"eq": equal, "ne": notEqual, "gt": greater, "ge": greaterOrEqual, "lt": less, "le": lessOrEqual,

		// text
		"base": path.Base, "dir": path.Dir, "contains": strings.Contains,
		"split": e.split, "join": e.join, "replace": e.replace, "toUpper": e.toUpper, "toLower": e.toLower,

		// data
		"json": e.json, "jsonArray": e.jsonArray, "toJson": e.toJSON, "toYaml": e.toYAML,
		"base64Encode": e.base64Encode, "base64Decode": base64Decode, "map": e.newMap, "filter": e.filter,

		// the machine
		"getenv":     e.getenv,
		"fileExists": func(path string) bool { return e.machine.FileExists(path) },
		"lookupIP":   func(host string) []string { return e.machine.LookupIP(host) },
		"lookupSRV": func(service, proto, name string) []*net.SRV {
			return e.machine.LookupSRV(service, proto, name)
		},
		"datetime": func() time.Time { return e.machine.Now() },
	}
}

// getenv takes the default for a variable that is set but empty, too.
func (e *env) getenv(key string, v ...string) string {
	value := e.machine.Getenv(key)
	if value == "" && len(v) > 0 {
		return v[0]
	}
	return value
}
