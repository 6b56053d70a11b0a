package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/diag"
)

const dockerPushLong = `push sends an image that is complete already to a registry, as it is: what
"appimg docker build --output" wrote, a file of docker save, an image of the
engine, or one in another registry.

What the registry has is not sent again. The name is set last, so that an
interrupted push leaves none that points to half an image.`

func newDockerPushCmd(d *deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "push SOURCE -t REF",
		Short: "Push a ready image: oci:DIR, archive:FILE, engine:NAME or a reference",
		Long:  dockerPushLong,
		Example: `  appimg docker push oci:zk-image -t acme/zk:1.0
  appimg docker push engine:zk:dev -t acme/zk:1.0 -t acme/zk:latest`,
		Args: exactArgs("SOURCE"),
	}
	p := addPublishFlags(cmd)
	p.push = true
	cmd.ValidArgsFunction = atFirst(cobra.FixedCompletions([]string{"oci:", "archive:", "engine:"}, cobra.ShellCompDirectiveNoSpace))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return runDockerPush(cmd.Context(), d, p, args[0])
	}
	return cmd
}

func runDockerPush(ctx context.Context, d *deps, p *publishFlags, source string) error {
	if len(p.tags) == 0 {
		return diag.WithHint(usagef("docker push %q: no name to push to", source), "name it with -t REF")
	}
	if err := p.check(); err != nil {
		return err
	}
	platforms, err := parsePlatforms(p.platform)
	if err != nil {
		return err
	}
	b, done := d.imageBuilder(p)
	defer done(ctx)
	tags, err := parseTags(b, p.tags)
	if err != nil {
		return err
	}
	img, err := b.Ready(ctx, source, platforms)
	if err != nil {
		return imageError(err)
	}
	d.note("pushing %s", tagNames(tags))
	return d.publish(ctx, b, img, p, tags)
}
