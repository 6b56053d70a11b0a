// Package agent is the agent bundle: the daemon, exec.sh and what belongs to
// them, with the places where the platform expects each file. Facts about
// layout and formats: the platform's developer guide and its open-source agent.
//
//	b, err := agent.Builtin("amd64")
//	for _, f := range b.Files() { … }     // what every image gets
//	conf := agent.Config(agent.ConfigOptions{Prefix: "/self"})
package agent
