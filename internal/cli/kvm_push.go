package cli

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/appimg/appimg/pkg/app"
	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/kvm"
	"github.com/appimg/appimg/pkg/kvm/payload"
	"github.com/appimg/appimg/pkg/kvm/ssh"
)

const kvmPushLong = `push puts a project on KVM instances: its pairs and templates (parts concatenated)
below /etc/confd, its rootfs, and what the scripts of [kvm] provision in
appimg.toml install. What a former push has put there and the project no longer
has goes. A second push without a change changes nothing.

Every pair is rendered on a simulated cluster first; a broken one stops the push
before anything is written (exit code 1). When a step fails, the files are put
back; what scripts have done themselves is not undone.

The scripts run as root, in their order, after the files are in place; their output
goes to stderr. A script that finished runs again only when it, or one before it,
has changed. They get APPIMG_IMAGE, APPIMG_ROLES and APPIMG_PROJECT, the names of
the image, of its roles and of the project.

A file that was edited on the machine, or that something else has put there, is not
overwritten without --force. Exit code 3: a host failed.`

type kvmPushOptions struct {
	change      *changeFlags
	topology    topologyFlags
	role, image string
	reprovision bool
	force       bool
}

func newKVMPushCmd(d *deps) *cobra.Command {
	o := &kvmPushOptions{}
	cmd := &cobra.Command{
		Use:   "push HOST…",
		Short: "Put a project's files on KVM instances, and run its scripts there",
		Long:  kvmPushLong,
		Example: `  appimg kvm push root@192.168.0.10
  appimg kvm push root@192.168.0.10 root@192.168.0.11 -C store --role master
  appimg kvm push root@192.168.0.10 --plan`,
	}
	f := cmd.Flags()
	addDirFlag(cmd, &o.topology.dir)
	f.StringArrayVar(&o.topology.set, "set", nil, "render with a parameter's `KEY=VALUE` in place of its default (repeatable)")
	f.StringVar(&o.role, "role", "", "the `ROLE` that the machines are for, where the app has several images")
	f.StringVar(&o.image, "image", "", "the `IMAGE` that the machines are to become")
	f.BoolVar(&o.reprovision, "reprovision", false, "run every script again")
	f.BoolVar(&o.force, "force", false, "overwrite what was edited on the machines, and what appimg has not put there")
	o.change = addChangeFlags(cmd)
	completeFlag(cmd, "set", o.topology.words(d, parameters))
	completeFlag(cmd, "image", o.topology.words(d, imageNames))
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return runKVMPush(cmd, d, o, args) }
	return cmd
}

func runKVMPush(cmd *cobra.Command, d *deps, o *kvmPushOptions, args []string) error {
	p, err := o.topology.open(cmd.Context(), d)
	if err != nil {
		return err
	}
	images, err := o.images(p)
	if err != nil {
		return err
	}
	push, err := o.load(p, images)
	if err != nil {
		return err
	}
	// Wrong usage is told before the pairs are rendered.
	if _, err := o.change.approved(cmd); err != nil {
		return err
	}
	if err := everyRole(p); err != nil {
		return err
	}
	mine := *p.app
	mine.Images = images
	if err := d.renderGate(&mine, p)(cmd.Context()); err != nil {
		return err
	}
	return o.change.run(cmd, d, args, func(ctx context.Context, dialer *ssh.Dialer, t kvm.Target, common kvm.Options) *kvm.Report {
		one := push
		one.Options = common
		return kvm.Push(ctx, dialer, t, one)
	})
}

// images are those that the machines become: that of --image, or of the role.
func (o *kvmPushOptions) images(p *project) ([]*app.Image, error) {
	switch {
	case o.image != "" && o.role != "":
		return nil, usagef("--image and --role: one of them")
	case o.image != "":
		img, err := imageNamed(p.app, o.image)
		return []*app.Image{img}, err
	}
	return imagesOf(p.app, p.spec, o.role)
}

// load reads what goes to the machines.
func (o *kvmPushOptions) load(p *project, images []*app.Image) (kvm.PushOptions, error) {
	out := kvm.PushOptions{Reprovision: o.reprovision, Force: o.force}
	var names, roles []string
	for _, img := range images {
		names = append(names, img.Name)
		for _, r := range p.spec.Roles {
			if img.UsedBy(r.Name) && r.Name != "" {
				roles = append(roles, r.Name)
			}
		}
		items, err := payload.Of(img)
		if err != nil {
			return out, usageError(err)
		}
		for _, i := range items {
			out.Wants = append(out.Wants, i.Want)
		}
	}
	project := filepath.Base(p.app.Root)
	if m := p.app.Manifest; m != nil && m.Name != "" {
		project = m.Name
	}
	out.Title = project + " " + strings.Join(names, ",")
	out.Env = []string{"APPIMG_IMAGE=" + strings.Join(names, " "), "APPIMG_ROLES=" + strings.Join(roles, " "), "APPIMG_PROJECT=" + project}
	var err error
	out.Steps, err = provisionSteps(p.app)
	return out, err
}

// provisionSteps are the scripts of [kvm] provision.
func provisionSteps(a *app.App) ([]kvm.Step, error) {
	if a.Manifest == nil {
		return nil, nil
	}
	var out []kvm.Step
	for _, name := range a.Manifest.KVM.Provision {
		data, err := a.ReadFile(filepath.Join(a.Root, filepath.FromSlash(name)))
		if err == nil && len(data) == 0 {
			err = fmt.Errorf("it is empty")
		}
		first, _, _ := bytes.Cut(data, []byte("\n"))
		if err == nil && bytes.HasSuffix(first, []byte("\r")) {
			err = diag.WithHint(fmt.Errorf("its lines end as on Windows, and no Linux runs it"), "save it with LF line ends")
		}
		if err != nil {
			return nil, usageError(&diag.Error{Op: fmt.Sprintf("reading the script %q", name), Pos: a.Manifest.Pos("kvm.provision"), Err: err})
		}
		out = append(out, kvm.Step{Name: name, Data: data})
	}
	return out, nil
}
