// Package metadata makes what the nodes of a cluster see without a cloud: the
// whole tree of an app's simulated cluster, and each node's /self.
//
//	c, err := metadata.Build(spec, metadata.Topology{Counts: map[string]int{"master": 3}})
//	self := c.Self(c.Nodes[0])
//
// Same app and topology, same tree: ids and addresses are derived from names
// and indexes. A node keeps its id and address when other nodes come and go.
package metadata
