package persist

import (
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
	"github.com/appimg/appimg/pkg/validate"
	"github.com/appimg/appimg/pkg/validate/persist/disk"
	"github.com/appimg/appimg/pkg/validate/persist/doc"
	"github.com/appimg/appimg/pkg/validate/persist/known"
	"github.com/appimg/appimg/pkg/validate/persist/reader"
	"github.com/appimg/appimg/pkg/validate/persist/shell"
)

// unbound notes a service of a compose file whose image keeps data, and that nothing is
// mounted into for it: the data lies in the container, in docker's own folder.
func (j *project) unbound(d *doc.Doc, r *doc.Role, s *reader.Node) {
	image := s.Get("image")
	if d.Pair == nil && !d.InImage {
		return
	}
	j.boxed[r.Itself()] = true
	if image == nil || s.Get("tmpfs") != nil || s.Get("volumes_from") != nil {
		return
	}
	var mounted []string
	for _, v := range s.Get("volumes").Items() {
		_, inside, _ := strings.Cut(v.Value, ":")
		inside, _, _ = strings.Cut(inside+v.Get("target").Text(), ":")
		mounted = append(mounted, inside)
	}
	j.inContainer(d, r, image.Value, commandOf(s), mounted, image.Offset)
	if command := s.Get("command"); command != nil {
		j.toldToKeep(d, r, image.Value, commandOf(s), mounted, command.Offset)
	}
}

// minioServer matches the folder that MinIO is told to serve.
var minioServer = lazyregexp.New(`\bserver[ \t]+(?:--\S+[ \t]+)*(/[^\s"',]+)`)

// inContainer notes the data of an image's server, where nothing of what is mounted into
// its container is for data.
func (j *project) inContainer(d *doc.Doc, r *doc.Role, image, command string, mounted []string, offset int) {
	folder := j.table.ImageFolder(image)
	if m := minioServer.FindStringSubmatch(command); m != nil && strings.Contains(image, "minio") {
		folder = m[1]
	}
	if folder == "" {
		return
	}
	for _, inside := range mounted {
		if kind := j.table.Inside(inside); kind != known.None && kind != known.Log || strings.HasPrefix(folder, inside) {
			return
		}
	}
	j.volumes = append(j.volumes, volume{site: site{
		doc: d, role: r, path: folder, kind: known.Data, sure: validate.Likely, offset: offset, inside: true, boxed: true,
		why: "the image keeps its data there, and nothing is mounted there: it lies in the container itself",
	}})
}

// toldToKeep notes what the server of an image keeps because its command says so, where
// nothing is mounted for that: it lies in a volume of the image's.
func (j *project) toldToKeep(d *doc.Doc, r *doc.Role, image, command string, mounted []string, offset int) {
	folder := j.table.ToldToKeep(image, command)
	if folder == "" || slices.ContainsFunc(mounted, func(inside string) bool { return disk.Under(folder, strings.TrimRight(inside, "/")) }) {
		return
	}
	j.ofDocker(d, r, "", folder, offset)
}

// runImage is inContainer for docker run.
func (j *project) runImage(d *doc.Doc, r *doc.Role, e shell.Event) {
	j.boxed[r.Itself()] = true
	j.inContainer(d, r, e.Path, e.Text, strings.Fields(e.Inside), e.Use.Offset)
	j.toldToKeep(d, r, e.Path, e.Text, strings.Fields(e.Inside), e.Use.Offset)
}
