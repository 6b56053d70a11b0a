package rules

import (
	"context"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// What the platform guide admits (section on cluster.json.mustache).
const (
	cpus             = "1 2 4 8 12 16 24 32 64"
	memories         = "1024 2048 4096 6144 8192 12288 16384 24576 32768 40960 49152 65536 81920 98304 114688 131072 163840 196608 229376 262144 327680"
	gpus             = "0 1 2 4 8"
	instanceClasses  = "0 1 101 201 202 301"
	volumeClasses    = "0 2 3 5 6 100 200"
	cpuModels        = "Westmere SandyBridge IvyBridge Haswell Broadwell Skylake CascadeLake"
	fileSystems      = "ext4 xfs ntfs"
	verticalPolicies = "parallel sequential"
	upgradePolicies  = "parallel sequential in-place-parallel in-place-sequential"
)

// clusterValue finds values of cluster.json.mustache, and of the properties
// that stand for them, that the platform does not admit.
func clusterValue() validate.Rule {
	return validate.NewRule("cluster-value", validate.Error, "The platform does not admit a value of cluster.json.mustache",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			c := newValueCheck(p, r)
			for _, n := range nodes(p) {
				c.role(n)
			}
			doc := document(p)
			c.enum("", "upgrading_policy", doc.Get("upgrading_policy"), upgradePolicies, validate.Error)
			c.enum("", "vertical_scaling_policy", doc.Get("vertical_scaling_policy"), verticalPolicies, validate.Error)
			c.enum("", "backup_policy", doc.Get("backup_policy"), "device custom", validate.Error)
			c.atLeast("", "server_id_upper_bound", doc.Get("server_id_upper_bound"), 0)
			c.kinds()
			for _, s := range scopes(p) {
				c.actions(s)
				c.envNames(s)
			}
			c.total()
			return nil
		})
}

type valueCheck struct {
	p *validate.Package
	r *validate.Reporter
	// hinted are the values that a hint was given about: roles mostly offer
	// the same machines.
	hinted map[string]bool
}

func newValueCheck(p *validate.Package, r *validate.Reporter) valueCheck {
	return valueCheck{p, r, map[string]bool{}}
}

func (c valueCheck) role(n node) {
	get := n.doc.Get
	c.enum(n.role, "container.type", get("container", "type"), "kvm docker bm lxc", validate.Error)
	c.enum(n.role, "cpu", get("cpu"), cpus, validate.Error)
	c.enum(n.role, "memory", get("memory"), memories, validate.Error)
	c.enum(n.role, "gpu", get("gpu"), gpus, validate.Error)
	c.enum(n.role, "instance_class", get("instance_class"), instanceClasses, validate.Info)
	c.enum(n.role, "volume.class", get("volume", "class"), volumeClasses, validate.Info)
	c.enum(n.role, "cpu_model", get("cpu_model"), cpuModels, validate.Info)
	c.enum(n.role, "volume.filesystem", get("volume", "filesystem"), fileSystems, validate.Error)
	c.enum(n.role, "passphraseless", get("passphraseless"), "ssh-dsa ssh-rsa", validate.Error)
	c.enum(n.role, "vertical_scaling_policy", get("vertical_scaling_policy"), verticalPolicies, validate.Error)
	c.enum(n.role, "upgrading_policy", get("upgrading_policy"), upgradePolicies, validate.Error)
	c.enum(n.role, "eip_class", get("eip_class"), "base", validate.Info)
	for _, key := range []string{"count", "replica", "server_id_upper_bound"} {
		c.atLeast(n.role, key, get(key), 0)
	}
	c.atLeast(n.role, "volume.size", get("volume", "size"), 1)
	c.mounts(n)
}

// enum wants one of words. Lists that grow with the platform's hardware are no
// reason for more than a hint.
func (c valueCheck) enum(role, name string, v *jsondoc.Value, words string, s validate.Severity) {
	for _, v := range possible(c.p, v) {
		if v.Kind == jsondoc.Mustache || oneOf(v, words) || v.Kind == jsondoc.String && v.Text == "" && s == validate.Info {
			continue
		}
		hint := s == validate.Info || beyond(v, words)
		if id := name + "=" + v.Text; hint && c.hinted[id] {
			continue
		} else {
			c.hinted[id] = true
		}
		f := tell(c.r, role, v, "%s is %s: the platform guide has %s", name, show(v), strings.ReplaceAll(words, " ", ", "))
		if _, number := v.Int(); !number {
			f.DidYouMean(v.Text, strings.Fields(words))
		}
		if f.As(s); hint {
			f.As(validate.Info).With(validate.Likely)
		}
	}
}

func (c valueCheck) atLeast(role, name string, v *jsondoc.Value, least int) {
	for _, v := range possible(c.p, v) {
		if v.Kind == jsondoc.Mustache {
			continue
		}
		if n, ok := v.Int(); !ok {
			tell(c.r, role, v, "%s is %s: a whole number is wanted", name, show(v))
		} else if n < least {
			tell(c.r, role, v, "%s is %d: at least %d is wanted", name, n, least)
		}
	}
}

// actions wants a list of what users may do. The guide names not all that
// published apps have.
func (c valueCheck) actions(n node) {
	const known = "change_vxnet scale_horizontal associate_eip add_nodes attach_keypairs"
	v := n.doc.Get("advanced_actions")
	switch {
	case v == nil || v.Kind == jsondoc.Mustache:
	case v.Kind != jsondoc.Array:
		tell(c.r, n.role, v, "advanced_actions is %s: a list is wanted", v.Kind.WithArticle()).As(validate.Warning)
	default:
		for _, action := range v.Items {
			if action.Kind == jsondoc.String && !oneOf(action, known) {
				tell(c.r, n.role, action, "advanced_actions has %q: known are %s", action.Text, strings.ReplaceAll(known, " ", ", ")).
					As(validate.Info).With(validate.Likely).DidYouMean(action.Text, strings.Fields(known))
			}
		}
	}
}

// envNames wants names of parameters without blanks.
func (c valueCheck) envNames(n node) {
	env := n.doc.Get("env")
	if env == nil {
		return
	}
	for _, m := range env.Members {
		if strings.ContainsAny(m.Key, " \t") && m.Key != "//" {
			spanKey(c.r, &m, "env parameter %q has a blank in its name", m.Key).In(n.role)
		}
	}
}

// total wants a node at least.
func (c valueCheck) total() {
	if c.p.Spec == nil {
		return
	}
	for _, role := range c.p.Spec.Roles {
		if role.Count != 0 {
			return
		}
	}
	if list := document(c.p).Get("nodes"); list != nil {
		c.r.At(list.Pos, "the cluster has no node: every count is 0")
	}
}

// drivePath is a mount point on Windows.
var drivePath = lazyregexp.New(`^[A-Za-z]:[\\/]?$`)

// mounts wants one to three absolute paths.
func (c valueCheck) mounts(n node) {
	v := n.doc.Get("volume", "mount_point")
	if v == nil || v.Kind == jsondoc.Mustache {
		return
	}
	paths := v.Items
	if v.Kind == jsondoc.String {
		paths = []*jsondoc.Value{v}
	}
	if len(paths) == 0 || len(paths) > 3 {
		tell(c.r, n.role, v, "volume.mount_point names %d paths: one to three are possible", len(paths))
	}
	for _, path := range paths {
		if path.Kind != jsondoc.String || !strings.HasPrefix(path.Text, "/") && !drivePath.MatchString(path.Text) {
			tell(c.r, n.role, path, "volume.mount_point is %s: an absolute path is wanted", show(path))
		} else if path.Text == "/" {
			tell(c.r, n.role, path, "volume.mount_point is the root of the system disk")
		}
	}
}

// beyond reports whether a number is greater than all of words: machines grow.
func beyond(v *jsondoc.Value, words string) bool {
	n, ok := v.Int()
	list := strings.Fields(words)
	most, err := strconv.Atoi(list[len(list)-1])
	return ok && err == nil && n > most
}
