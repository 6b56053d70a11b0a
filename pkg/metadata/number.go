package metadata

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
)

// number gives the nodes the sids 1 to n, role by role, and behind them those
// that are just being added: growing a cluster leaves its nodes' sids alone
// (platform guide, metadata: sid is 1…n per cluster, server_id_upper_bound at most).
func (c *Cluster) number(adding map[string]int) error {
	if bound := sidBound(c.spec); bound > 0 && len(c.Nodes) > bound {
		err := fmt.Errorf("simulating %q: %d nodes, but server_id_upper_bound is %d", c.spec.File, len(c.Nodes), bound)
		return diag.WithHint(err, "each node has a sid of its own, at most as great as the bound")
	}
	joining := lastOf(c.Nodes, adding)
	staying := slices.DeleteFunc(slices.Clone(c.Nodes), func(n *Node) bool { return slices.Contains(joining, n) })
	for i, n := range append(staying, joining...) {
		n.SID = i + 1
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
