package drift

import (
	"context"
	_ "embed" // the script
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/BurntSushi/toml"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/confd"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/render"
)

//go:embed metadata.sh
var metadataScript string

// Metadata is what a machine's pairs are rendered with.
type Metadata struct {
	Source confd.Source
	Prefix string      // /self, or / for the root
	Node   render.Node // for the report; zero where it is not known
}

// MachineMetadata asks the metadata server that the machine's confd.toml names,
// from the machine: the server knows it by its address.
func MachineMetadata(ctx context.Context, h kvm.Host) (*Metadata, error) {
	text, err := kvm.ReadFile(ctx, h, agent.ConfigPath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, diag.WithHint(fmt.Errorf("%s: finding the metadata server: there is no %q, which the platform writes", h.Name(), agent.ConfigPath),
			"--metadata simulated renders with a simulated cluster's")
	}
	if err != nil {
		return nil, err
	}
	conf := struct {
		Nodes  []string `toml:"nodes"`
		Prefix string   `toml:"prefix"`
	}{Prefix: "/self"}
	if _, err := toml.Decode(string(text), &conf); err != nil {
		return nil, fmt.Errorf("%s: reading %q: %w", h.Name(), agent.ConfigPath, err)
	}
	const doing = "asking the metadata server from the machine"
	out, err := h.Run(ctx, kvm.Cmd{Title: doing, ReadOnly: true, Secret: true, Script: metadataScript, Args: append([]string{conf.Prefix}, conf.Nodes...)})
	var doc any
	if err == nil {
		err = json.Unmarshal(out.Stdout, &doc)
	}
	if err != nil {
		return nil, &diag.Error{Op: fmt.Sprintf("%s: %s %q", h.Name(), doing, conf.Nodes), Err: err}
	}
	return &Metadata{Source: confd.TreeSource(conf.Prefix, doc), Prefix: conf.Prefix}, nil
}
