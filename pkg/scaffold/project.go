package scaffold

import (
	"cmp"
	"fmt"

	"github.com/appimg/appimg/pkg/diag"
	"github.com/appimg/appimg/pkg/lazyregexp"
)

// Type is the kind of container that an app's nodes are.
type Type string

// The types that are open to developers (platform guide, section 1).
const (
	Docker Type = "docker"
	KVM    Type = "kvm"
)

// Types lists them.
func Types() []string { return []string{string(Docker), string(KVM)} }

// Project is what a preset is filled in with. Only Name and Type are needed.
type Project struct {
	Name      string
	Type      Type
	Version   string // default 0.1.0
	Namespace string // on the platform's registry; docker
	Zone      string // of the image; kvm
	Image     string // docker: default registry/namespace/name:version; kvm: an img- id
}

// Registry takes the images of apps (platform guide, Docker images).
const Registry = "dockerhub.qingcloud.com"

// What stands in a new project for what only its author can know.
const (
	DefaultNamespace = "your-namespace" // namespaces are granted by the platform, by ticket
	DefaultZone      = "pek3"
	DefaultKVMImage  = "img-xxxxxxxx" // until an instance has been captured
)

var (
	// A name is a part of an image's name as well.
	nameForm  = lazyregexp.New(`^[a-z0-9]+(?:[._-][a-z0-9]+)*$`)
	zoneForm  = lazyregexp.New(`^[a-z0-9]+(?:-[a-z0-9]+)*$`)
	imageForm = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._:/@-]*$`)
	kvmForm   = lazyregexp.New(`^img-[a-z0-9]+$`)
	tagForm   = lazyregexp.New(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
)

const maxName = 63

// ValidName tells why name cannot be a project's name, or nil.
func ValidName(name string) error {
	if len(name) > maxName || !nameForm.MatchString(name) {
		return diag.WithHint(fmt.Errorf("naming project %q: this is no name for an image", name),
			"lower-case letters and digits, parts joined by one of . _ -, at most %d in all", maxName)
	}
	return nil
}

// validImage tells why ref cannot be the image of a container of type t, or nil.
func validImage(t Type, ref string) error {
	switch {
	case t == KVM && !kvmForm.MatchString(ref):
		return diag.WithHint(fmt.Errorf("naming image %q: a kvm image has an id of the platform", ref), "it looks like img-1a2b3c4d")
	case t == Docker && kvmForm.MatchString(ref):
		return diag.WithHint(fmt.Errorf("naming image %q: this is a kvm image, and the container's type is %q", ref, t), "give the image's name with its tag")
	case !imageForm.MatchString(ref):
		return diag.WithHint(fmt.Errorf("naming image %q: this is no reference of an image", ref), "it looks like %s/%s/name:tag", Registry, DefaultNamespace)
	}
	return nil
}

// complete fills in defaults and checks what was given.
func (p Project) complete() (Project, error) {
	p.Version = cmp.Or(p.Version, "0.1.0")
	p.Namespace = cmp.Or(p.Namespace, DefaultNamespace)
	p.Zone = cmp.Or(p.Zone, DefaultZone)
	if p.Image == "" && p.Type == KVM {
		p.Image = DefaultKVMImage
	}
	p.Image = cmp.Or(p.Image, Registry+"/"+p.Namespace+"/"+p.Name+":"+p.Version)
	return p, p.check()
}

func (p Project) check() error {
	if err := ValidName(p.Name); err != nil {
		return err
	}
	for _, c := range []struct {
		ok          bool
		what, value string
		form        string
	}{
		{p.Type == Docker || p.Type == KVM, "type", string(p.Type), "docker or kvm"},
		{tagForm.MatchString(p.Version), "version", p.Version, "it is the image's tag: letters, digits and . _ -, as in 1.0.0"},
		{nameForm.MatchString(p.Namespace), "namespace", p.Namespace, "lower-case letters and digits, parts joined by one of . _ -"},
		{zoneForm.MatchString(p.Zone), "zone", p.Zone, "it looks like pek3 or sh1a"},
	} {
		if !c.ok {
			return diag.WithHint(fmt.Errorf("naming the %s %q: this is no %s", c.what, c.value, c.what), "%s", c.form)
		}
	}
	return validImage(p.Type, p.Image)
}
