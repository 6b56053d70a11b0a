package rules

import (
	"context"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/validate"
)

// tomlUnknownKey finds keys of [template] that confd ignores.
func tomlUnknownKey() validate.Rule {
	known := []string{"src", "dest", "keys", "prefix", "mode", "uid", "gid", "check_cmd", "reload_cmd"}
	return validate.NewRule("toml-unknown-key", validate.Warning, "confd ignores a key of a template resource",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, pair := range read(p.Pairs()) {
				for _, f := range pair.Resource.Unknown() {
					finding := r.At(f.Pos, "confd does not know %q: it is ignored", f.Name)
					switch strings.ToLower(f.Name) {
					case "owner", "user":
						finding.WithFix("confd takes numbers: uid = …")
					case "group":
						finding.WithFix("confd takes numbers: gid = …")
					case "perm", "perms", "permission", "permissions", "file_mode":
						finding.WithFix(`confd calls it mode: mode = "0644"`)
					default:
						finding.DidYouMean(f.Name, known)
					}
				}
				for _, f := range pair.Resource.Outside() {
					finding := r.At(f.Pos, "%q stands outside [template]: confd ignores it", f.Name)
					if slices.Contains(known, strings.ToLower(f.Name)) {
						finding.WithFix("put it below the line [template]")
					}
				}
			}
			return nil
		})
}

// read are the pairs whose resource could be read.
func read(pairs []*validate.Pair) []*validate.Pair {
	var out []*validate.Pair
	for _, p := range pairs {
		if p.Resource != nil {
			out = append(out, p)
		}
	}
	return out
}
