package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/fetch"
	"github.com/appimg/appimg/pkg/kvm/payload"
	"github.com/appimg/appimg/pkg/kvm/pull"
	"github.com/appimg/appimg/pkg/kvm/ssh"
)

const kvmPullLong = `pull takes pairs that were edited on a live KVM instance back into the project:
resources and templates of its /etc/confd, also new ones. The change is shown as a
unified diff, and made once it is accepted: by "y" at the terminal, or by --yes.
Text of a template that is made of parts goes back to the part that it is of. What
the machine does not have stays in the project. All files are written, or none.

Exit code 1: something differs, and was not accepted.`

type kvmPullOptions struct {
	connect *connectFlags
	project *roleFlags
	format  *formatFlag
	yes     bool
}

func newKVMPullCmd(d *deps) *cobra.Command {
	o := &kvmPullOptions{}
	cmd := &cobra.Command{
		Use:   "pull HOST",
		Short: "Take pairs edited on a KVM instance back into the project",
		Long:  kvmPullLong,
		Args:  exactArgs("HOST"),
		Example: `  appimg kvm pull root@192.168.0.10
  appimg kvm pull root@192.168.0.10 -C store --role master --yes`,
	}
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "accept the change")
	o.project = addRoleFlags(cmd)
	o.connect, o.format = addConnectFlags(cmd), addFormatFlag(cmd, "text", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return runKVMPull(cmd.Context(), d, o, args[0]) }
	return cmd
}

func runKVMPull(ctx context.Context, d *deps, o *kvmPullOptions, host string) error {
	a, images, err := o.project.images(ctx, d)
	if err != nil {
		return err
	}
	if a == nil {
		return diag.WithHint(usagef("pulling from %q: there is no project here to pull into", host), "-C DIR names it")
	}
	files, err := o.fetch(ctx, d, host)
	if err != nil {
		return err
	}
	r, err := pull.Edits(a, images, files)
	if err != nil {
		return err
	}
	for _, n := range r.Notes {
		d.note("%s", n)
	}
	return o.take(ctx, d, host, a, r)
}

// fetch is the machine's pairs.
func (o *kvmPullOptions) fetch(ctx context.Context, d *deps, host string) (files map[string][]byte, err error) {
	t, err := kvm.ParseTarget(host)
	if err != nil {
		return nil, usageError(err)
	}
	s, err := o.connect.open(d)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	s.event(kvm.Event{Host: host, Phase: kvm.PhaseConnect})
	h, err := s.dialer.Dial(ctx, t)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	s.event(kvm.Event{Host: host, Phase: "pull"})
	return fetch.Files(ctx, h, payload.ConfD, payload.Templates)
}

// take shows the change, asks, and makes it.
func (o *kvmPullOptions) take(ctx context.Context, d *deps, host string, a *app.App, r *pull.Result) error {
	out := struct {
		Host  string   `json:"host"`
		Files []string `json:"files"`
		Diff  string   `json:"diff"`
		Taken bool     `json:"taken"`
	}{Host: host, Files: []string{}, Diff: r.Edits.Diff()}
	for _, e := range r.Edits {
		out.Files = append(out.Files, filepath.Join(a.Root, filepath.FromSlash(e.Path)))
	}
	if !o.format.json() {
		fmt.Fprint(d.Out, out.Diff)
	}
	if len(r.Edits) == 0 {
		d.note("nothing to take over")
	}
	accepted, err := o.accepted(ctx, d, len(r.Edits))
	if err != nil {
		return err
	}
	if accepted && len(r.Edits) > 0 {
		if err := r.Edits.Apply(ctx, a.Root); err != nil {
			return err
		}
		out.Taken = true
		d.note("%d files were taken over: appimg render shows what nodes get now", len(r.Edits))
	}
	if o.format.json() {
		if err := d.printJSON(out); err != nil {
			return err
		}
	}
	if len(r.Edits) > 0 && !accepted {
		d.note("nothing was taken over: --yes accepts the change")
		return errDefectReported()
	}
	return nil
}

// accepted asks where there is something, and somebody to ask.
func (o *kvmPullOptions) accepted(ctx context.Context, d *deps, changes int) (bool, error) {
	ask := d.asker(func() func() { return func() {} })
	if o.yes || changes == 0 || ask == nil || o.format.json() {
		return o.yes, nil
	}
	answer, err := ask(ctx, ssh.Prompt{Text: fmt.Sprintf("Take %d changes into the project? (y/N)", changes), Echo: true})
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", err
}
