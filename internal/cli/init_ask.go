package cli

import (
	"context"
	"errors"
	"path/filepath"

	"charm.land/huh/v2"

	"github.com/appimg/appimg/pkg/scaffold"
	"github.com/appimg/appimg/templates"
)

// askInit asks the person at the terminal for what was not given; on stderr,
// since stdout is for the result. Ctrl-C is an interruption.
func askInit(ctx context.Context, d *deps, o *initOptions) error {
	fields, err := o.questions()
	if err != nil {
		return err
	}
	form := huh.NewForm(huh.NewGroup(fields...)).WithInput(d.In).WithOutput(d.Err)
	err = form.RunWithContext(ctx)
	if errors.Is(err, huh.ErrUserAborted) {
		return context.Canceled
	}
	return err
}

func (o *initOptions) questions() ([]huh.Field, error) {
	presets, err := scaffold.Presets(templates.FS())
	if err != nil {
		return nil, err
	}
	var fields []huh.Field
	if o.dir == "" {
		fields = append(fields, huh.NewInput().Title("Name of the project").
			Description("The folder that is made, and part of the image's name.").
			Validate(func(s string) error { return scaffold.ValidName(filepath.Base(s)) }).Value(&o.dir))
	}
	if o.preset == "" {
		choice := huh.NewSelect[string]().Title("Preset").Value(&o.preset)
		var options []huh.Option[string]
		for _, p := range presets {
			options = append(options, huh.NewOption(p.Name+": "+p.Summary, p.Name))
		}
		fields = append(fields, choice.Options(options...))
	}
	if o.project.Type == "" {
		fields = append(fields, huh.NewSelect[scaffold.Type]().Title("What the nodes are").
			Options(huh.NewOption("Docker containers", scaffold.Docker), huh.NewOption("KVM instances", scaffold.KVM)).
			Value(&o.project.Type))
	}
	return fields, nil
}
