package cli

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/app/jsondoc"
)

const metadataExpandLong = `expand prints the cluster.json that the platform makes of cluster.json.mustache
when a user deploys the app: each variable with its default of config.json, or
with the value of --set.

Passwords and access keys are shown as ****** unless --show-secrets is given.`

type metadataExpandOptions struct {
	topology topologyFlags
	secrets  bool
}

func newMetadataExpandCmd(d *deps) *cobra.Command {
	o := &metadataExpandOptions{}
	cmd := &cobra.Command{
		Use:   "expand",
		Short: "Print cluster.json.mustache with values for its variables",
		Long:  metadataExpandLong,
		Example: `  appimg metadata expand
  appimg metadata expand --set cluster.node.count=5 > cluster.json`,
		Args: atMostArgs(0),
	}
	addDirFlag(cmd, &o.topology.dir)
	f := cmd.Flags()
	f.StringArrayVar(&o.topology.set, "set", nil, "a parameter's value instead of its default, as `KEY=VALUE` with the key of config.json (repeatable)")
	f.BoolVar(&o.secrets, "show-secrets", false, "show passwords and access keys")
	completeFlag(cmd, "set", o.topology.words(d, parameters))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return runMetadataExpand(cmd.Context(), d, o) }
	return cmd
}

func runMetadataExpand(ctx context.Context, d *deps, o *metadataExpandOptions) error {
	p, err := o.topology.open(ctx, d)
	if err != nil {
		return err
	}
	return d.printJSON(expanded{p.spec, p.spec.Doc, o.secrets})
}

// expanded is a part of an evaluated document, in its own order.
type expanded struct {
	spec    *app.Spec
	value   *jsondoc.Value
	secrets bool
}

// MarshalJSON implements json.Marshaler.
func (e expanded) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	switch {
	case !e.secrets && e.spec.Property(e.value).Secret():
		return []byte(`"******"`), nil
	case e.value.Kind == jsondoc.Object:
		return e.object()
	case e.value.Kind == jsondoc.Array:
		list := []expanded{}
		for _, item := range e.value.Items {
			list = append(list, expanded{e.spec, item, e.secrets})
		}
		err := enc.Encode(list)
		return out.Bytes(), err
	}
	err := enc.Encode(e.value.Any())
	return out.Bytes(), err
}

func (e expanded) object() ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	out.WriteByte('{')
	for i, m := range e.value.Members {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := enc.Encode(m.Key); err != nil {
			return nil, err
		}
		out.WriteByte(':')
		if err := enc.Encode(expanded{e.spec, m.Value, e.secrets}); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}
