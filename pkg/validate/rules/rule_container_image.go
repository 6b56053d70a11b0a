package rules

import (
	"context"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
)

// containerImage finds images that the platform cannot boot.
func containerImage() validate.Rule {
	return validate.NewRule("container-image", validate.Error, "A role's image is none that the platform can boot",
		func(_ context.Context, p *validate.Package, r *validate.Reporter) error {
			for _, n := range nodes(p) {
				c := n.doc.Get("container")
				image := c.Get("image")
				if image == nil || image.Kind != jsondoc.String {
					continue
				}
				switch kind := c.Get("type"); kind.Str() {
				case "kvm":
					checkKVM(r, n.role, image)
				case "docker":
					checkDocker(r, n.role, c, image)
				case "lxc":
					f := tell(r, n.role, kind, "container.type is lxc, which is not open to developers").As(validate.Warning).WithFix("use kvm or docker")
					atPlaces(f, kind.Pos, "lxc")
				}
			}
			return nil
		})
}

// kvmImage is the form of the ids of images.
var kvmImage = lazyregexp.New(`^img-[a-z0-9]{8}$`)

func checkKVM(r *validate.Reporter, role string, image *jsondoc.Value) {
	switch {
	case kvmImage.MatchString(image.Text):
	case strings.HasPrefix(image.Text, "img-") || image.Text == "":
		f := tell(r, role, image, "image %s is no id of an image: img- and eight characters", show(image))
		atPlaces(f, image.Pos, image.Text) // which roles share
	default:
		f := tell(r, role, image, "image %s is no KVM image (img-xxxxxxxx)", show(image)).WithFix(`a Docker image needs "type": "docker"`)
		atPlaces(f, image.Pos, image.Text)
	}
}

// platformRegistry is where the platform takes Docker images from.
const platformRegistry = "dockerhub.qingcloud.com/"

func checkDocker(r *validate.Reporter, role string, c, image *jsondoc.Value) {
	_, tag, tagged := strings.Cut(image.Text[strings.LastIndexByte(image.Text, '/')+1:], ":")
	switch {
	case strings.HasPrefix(image.Text, "img-"):
		tell(r, role, image, "image %s is a KVM image, and container.type is docker", show(image)).WithFix(`"type": "kvm"`)
		return
	case image.Text == "":
		tell(r, role, image, "image is empty")
		return
	case !strings.HasPrefix(image.Text, platformRegistry):
		f := tell(r, role, image, "the platform takes Docker images from dockerhub.qingcloud.com").As(validate.Warning).
			WithFix("push it there: %s<namespace>/…", platformRegistry)
		atPlaces(f, image.Pos, "registry "+image.Text)
	}
	if !strings.Contains(image.Text, "@sha256:") && (!tagged || tag == "latest") {
		f := tell(r, role, image, "image %s has no tag of its own: which version boots depends on the day", show(image)).As(validate.Info).
			WithFix("name a version: %s:1.0.0", strings.TrimSuffix(image.Text, ":latest"))
		atPlaces(f, image.Pos, "tag "+image.Text)
	}
	if zone := c.Get("zone"); zone != nil {
		tell(r, role, zone, "a Docker image belongs to no zone: zone is ignored").As(validate.Info)
	}
}
