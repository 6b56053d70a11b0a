package metadata

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
)

// number gives each node its sid and gid. A node keeps its sid when others
// come: the nodes of the app's own counts are numbered role by role, and each
// role has every n-th number of those above for its further nodes. Above
// server_id_upper_bound the smallest free numbers are taken.
func (c *Cluster) number() error {
	bound := sidBound(c.spec)
	if bound > 0 && len(c.Nodes) > bound {
		err := fmt.Errorf("simulating %q: %d nodes, but server_id_upper_bound is %d", c.spec.File, len(c.Nodes), bound)
		return diag.WithHint(err, "each node has a sid of its own, at most as great as the bound")
	}
	first, total := map[string]int{}, 0
	order := map[string]int{}
	for k, r := range c.spec.Roles {
		first[r.Name], order[r.Name] = total, k
		total += r.Count
	}
	used := map[int]bool{}
	var late []*Node
	for _, n := range c.Nodes {
		n.SID = first[n.Role] + n.Index
		if over := n.Index - n.spec.Count; over > 0 {
			n.SID = total + (over-1)*len(c.spec.Roles) + order[n.Role] + 1
		}
		if bound > 0 && n.SID > bound {
			late = append(late, n)
			continue
		}
		used[n.SID] = true
	}
	next := 1
	slices.SortStableFunc(late, func(a, b *Node) int { return cmp.Compare(a.SID, b.SID) })
	for _, n := range late {
		for used[next] {
			next++
		}
		n.SID, used[next] = next, true
	}
	c.group()
	return nil
}

// sidBound is the least server_id_upper_bound, 0 where there is none: sids are
// unique in the cluster.
func sidBound(spec *app.Spec) int {
	bound := spec.ServerIDUpperBound
	for _, r := range spec.Roles {
		if b := r.ServerIDUpperBound; b > 0 && (bound == 0 || b < bound) {
			bound = b
		}
	}
	return bound
}

// group gives masters and their replicas the master's sid as gid, everyone
// else their own.
func (c *Cluster) group() {
	masters := map[string]int{}
	for _, n := range c.Nodes {
		n.GID = n.SID
		masters[n.Name()] = n.SID
	}
	for _, n := range c.Nodes {
		if !n.spec.IsReplica {
			continue
		}
		master := (n.Index-1)/n.spec.Replica + 1
		if gid, ok := masters[fmt.Sprintf("%s/%d", n.spec.ReplicaOf, master)]; ok {
			n.GID = gid
		}
	}
}

// hash is what ids are made of: the same for the same parts, everywhere.
func hash(parts ...string) [32]byte {
	return sha256.Sum256([]byte(strings.Join(parts, "\x00")))
}

func hex8(parts ...string) string {
	h := hash(parts...)
	return hex.EncodeToString(h[:4])
}

// digits9 is a number of nine digits.
func digits9(parts ...string) string {
	h := hash(parts...)
	return fmt.Sprint(100_000_000 + binary.BigEndian.Uint32(h[:4])%900_000_000)
}
