package windows

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/pkg/sftp"

	"github.com/appimg/appimg/pkg/agent"
	"github.com/appimg/appimg/pkg/kvm"
)

// verify reads everything back, runs the daemon, looks for the service, and
// loads every pair that there is.
func (i *install) verify(ctx context.Context) error {
	found, err := look(ctx, i.h, pathsOf(i.wants))
	if err != nil {
		return err
	}
	left, err := actions(i.wants, found)
	if err != nil {
		return err
	}
	var faults []error
	for _, a := range left {
		faults = append(faults, fmt.Errorf("%q is not as it was made", a.Path))
	}
	if i.r.Version == "" { // nothing was changed, so nobody has asked yet
		faults = append(faults, i.checkDaemon(ctx))
	}
	faults = append(faults, i.checkService(ctx), i.checkPairs(ctx))
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("verifying what was done: %w", err)
	}
	return nil
}

// checkDaemon runs the installed confd.
func (i *install) checkDaemon(ctx context.Context) error {
	out, err := i.h.Run(ctx, "running confd -version", versionLine)
	if err != nil {
		return fmt.Errorf("running confd -version: %w: %s", err, out.Text())
	}
	i.r.Version, _, _ = strings.Cut(out.Text(), "\n")
	i.r.Version = strings.TrimSpace(i.r.Version)
	return nil
}

func (i *install) checkService(ctx context.Context) error {
	state, err := serviceState(ctx, i.h)
	switch {
	case err != nil:
		return err
	case state == "":
		return fmt.Errorf("the service %s is not registered", service)
	case i.o.Start && state != "RUNNING":
		return fmt.Errorf("the service was started and is %s", state)
	}
	return nil
}

// checkPairs loads every pair with appimg's own engine. A broken one of
// somebody else is told and stops nothing: it was broken before.
func (i *install) checkPairs(ctx context.Context) error {
	const own = "cmd.info.toml"
	confDir := sftpPath(agent.WindowsHome) + "/confd/conf.d"
	templates := sftpPath(agent.WindowsHome) + "/confd/templates"
	files, err := i.texts(ctx, confDir, templates)
	if err != nil {
		return err
	}
	for name, data := range files {
		if path.Dir(name) != confDir || path.Ext(name) != ".toml" {
			continue
		}
		switch err := kvm.LoadPair(name, data, templates, files); {
		case err != nil && path.Base(name) == own:
			return err
		case err != nil:
			i.Note("a pair does not load: %v", err)
		}
	}
	return nil
}

// texts are the files in folders, by path.
func (i *install) texts(ctx context.Context, dirs ...string) (map[string][]byte, error) {
	var out map[string][]byte
	err := i.h.Files(ctx, "reading the pairs", func(c *sftp.Client) error {
		out = map[string][]byte{}
		for _, dir := range dirs {
			list, err := c.ReadDir(dir)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("listing %q: %w", windowsPath(dir), err)
			}
			for _, f := range list {
				if !f.Mode().IsRegular() {
					continue
				}
				text, err := readAll(c, dir+"/"+f.Name())
				if err != nil {
					return fmt.Errorf("reading %q: %w", windowsPath(dir+"/"+f.Name()), err)
				}
				out[dir+"/"+f.Name()] = []byte(text)
			}
		}
		return nil
	})
	return out, err
}
