package rules

import (
	"context"
	"slices"

	"github.com/appimg/appimg/pkg/validate"
)

// metadataKeyUnknown finds keys that the platform's metadata does not have, by
// their first part or by the name of a node's or the cluster's field.
func metadataKeyUnknown() validate.Rule {
	return validate.NewRule("metadata-key-unknown", validate.Warning, "The platform documents no such metadata",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			if p.Spec == nil {
				return nil
			}
			type place struct{ file, key string }
			seen := map[place]bool{}
			for _, read := range reads(p) {
				name, known := unknownPart(p, read)
				at := place{read.pos.File, read.Key}
				if name == "" || read.Default || read.Func == "exists" || seen[at] {
					continue // made to work without, or said
				}
				seen[at] = true
				f := r.Span(read.pos, read.end(p), "the platform guide has no metadata %q: it names no %q there", read.Key, name)
				f.In(oneRole(p, read.pair))
				f.DidYouMean(name, known)
				if len(name) < 6 || f.Fix == "" {
					f.As(validate.Info).With(validate.Likely) // the list of the platform's guide may lack one
				}
			}
			return nil
		})
}

// The names of platform guide, metadata.
func topKeys() []string {
	return []string{"hosts", "host", "cluster", "env", "adding-hosts", "deleting-hosts", "links", "cmd", "vertical-scaling-roles", "upgrade-audit", "loadbalancer"}
}

func hostFields() []string {
	return []string{
		"ip", "eip", "mac", "sid", "gid", "gsid", "node_id", "instance_id", "cpu", "gpu", "memory", "volume_size",
		"instance_class", "gpu_class", "volume_class", "physical_machine", "role", "pub_key", "token", "reserved_ips",
	}
}

func clusterFields() []string {
	return []string{
		"app_id", "cluster_id", "user_id", "global_uuid", "cluster_tag", "vxnet", "zone", "endpoints", "api_server",
		"resource_limits", "upgrade-audit",
	}
}

// unknownPart is the part of a key that the platform's metadata does not have,
// with what may stand in its place; "" where all is well or not known.
func unknownPart(p *validate.Package, read keyRead) (name string, known []string) {
	check := func(i int, names []string) (string, []string) {
		if i < len(read.parts) && literal(read.parts[i]) && !slices.Contains(names, read.parts[i]) {
			return read.parts[i], names
		}
		return "", nil
	}
	switch first := read.parts[0]; {
	case !literal(first):
		return "", nil
	case p.Spec.MetadataRootAccess && (first == "clusters" || first == "self"):
		return "", nil
	case first == "host":
		return check(1, hostFields())
	case slices.Contains(hostTrees(), first):
		return check(fieldAt(p), hostFields())
	case first == "cluster":
		return check(1, clusterFields())
	case first == "cmd":
		return check(1, []string{"id", "cmd", "timeout"})
	}
	return check(0, topKeys())
}

// fieldAt is where the field stands in a key below hosts: /hosts/ROLE/ID/FIELD.
func fieldAt(p *validate.Package) int {
	if p.Spec.Role("") != nil {
		return 2
	}
	return 3
}
