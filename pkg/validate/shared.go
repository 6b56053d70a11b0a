package validate

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
)

// agreed are the findings of all apps. Several apps of a repository may share
// pairs: what is wrong with those for one app alone (it lacks a role, a
// parameter) is what the other app is for.
func agreed(dir string, apps []*app.App, perApp [][]*Finding) []*Finding {
	type place struct {
		rule, file string
		line, col  int
	}
	at := func(f *Finding) place { return place{f.Rule, f.File, f.Line, f.Col} }
	says := make([]map[place]bool, len(apps))
	for i, list := range perApp {
		says[i] = map[place]bool{}
		for _, f := range list {
			says[i][at(f)] = true
		}
	}
	var out []*Finding
	for i, list := range perApp {
		for _, f := range list {
			folder := pairsFolder(dir, apps[i], f.File)
			others := false
			for j, other := range apps {
				others = others || folder != "" && j != i && hasFolder(other, folder) && !says[j][at(f)]
			}
			if !others {
				out = append(out, f)
			}
		}
	}
	return out
}

// pairsFolder is the folder of pairs that a file, as findings name it, is in;
// "" if it is in none.
func pairsFolder(dir string, a *app.App, file string) string {
	for _, img := range a.Images {
		if img.ConfDir != "" && strings.HasPrefix(file, relative(dir, img.ConfDir)+"/") {
			return img.ConfDir
		}
	}
	return ""
}

func hasFolder(a *app.App, folder string) bool {
	return slices.ContainsFunc(a.Images, func(img *app.Image) bool { return img.ConfDir == folder })
}
