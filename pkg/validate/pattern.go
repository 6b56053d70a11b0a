package validate

import (
	"fmt"
	"path"
	"strings"
)

// checkPattern says what keeps a pattern of files from meaning any.
func checkPattern(pattern string) error {
	if path.IsAbs(pattern) || strings.HasPrefix(path.Clean(pattern), "..") || strings.Contains(pattern, `\`) {
		return fmt.Errorf("path %q: a path below the folder of appimg.toml is wanted, with slashes", pattern)
	}
	for part := range strings.SplitSeq(pattern, "/") {
		if strings.Contains(part, "**") && part != "**" {
			return fmt.Errorf("path %q: ** stands for folders, and has slashes around it", pattern)
		}
		if _, err := path.Match(part, ""); err != nil {
			return fmt.Errorf("path %q is no pattern: [ begins a set of characters, and ] ends it", pattern)
		}
	}
	return nil
}

// matchPattern reports whether a pattern means a file: by its path, with * for
// what may stand in one name and ** for any number of folders; or, without
// either, by a folder above it.
func matchPattern(pattern, file string) bool {
	clean := path.Clean(pattern)
	if clean == "." || clean == file || !strings.ContainsAny(clean, "*?[") && strings.HasPrefix(file, clean+"/") {
		return true
	}
	if strings.HasSuffix(pattern, "/") {
		clean += "/**"
	}
	return matchParts(strings.Split(clean, "/"), strings.Split(file, "/"))
}

// matchParts goes back to the last ** alone: what an earlier one takes more
// than it must, the last one could take as well.
func matchParts(pattern, file []string) bool {
	retry, from := -1, 0 // behind the last **, and where it was tried
	p, f := 0, 0
	for f < len(file) {
		switch {
		case p < len(pattern) && pattern[p] == "**":
			p++
			if p == len(pattern) {
				return true
			}
			retry, from = p, f
		case p < len(pattern) && matchName(pattern[p], file[f]):
			p, f = p+1, f+1
		case retry < 0:
			return false
		default:
			from++
			p, f = retry, from
		}
	}
	return p == len(pattern)
}

func matchName(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}
