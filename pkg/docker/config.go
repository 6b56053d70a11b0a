package docker

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/appimg/appimg/pkg/agent"
)

// config is the image's config: the base's, with confd as what runs.
func (s Spec) config(from *base, layers []*blob, history []v1.History, r *Report) ([]byte, error) {
	c := from.config.DeepCopy()
	c.OS, c.Architecture, c.Variant = from.platform.OS, from.platform.Architecture, from.platform.Variant
	r.Lost = lose(&c.Config)
	c.Config.Entrypoint = []string{agent.Entrypoint}
	c.Config.Labels = s.labels(from, r)
	// What the engine noted of the container in which it made the base.
	c.Container = ""
	//lint:ignore SA1019 bases made by older engines have it, and it says nothing of this image
	c.DockerVersion = ""
	c.Config.Image, c.Config.Hostname, c.Config.Domainname = "", "", ""
	if len(c.History) > 0 || len(from.layers) == 0 {
		c.History = append(c.History, history...)
	}
	c.RootFS = v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{}}
	for _, l := range layers {
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, l.diffID)
	}
	return json.Marshal(c)
}

// lose clears what only makes sense for the base's own program.
func lose(c *v1.Config) []Loss {
	var lost []Loss
	note := func(name, value string) {
		if value != "" {
			lost = append(lost, Loss{name, value})
		}
	}
	note("entrypoint", quoteAll(c.Entrypoint))
	note("command", quoteAll(c.Cmd))
	note("user", c.User)
	if h := c.Healthcheck; h != nil && !slices.Equal(h.Test, []string{"NONE"}) {
		note("healthcheck", cmp.Or(quoteAll(h.Test), "inherited"))
	}
	note("volumes", strings.Join(slices.Sorted(maps.Keys(c.Volumes)), " "))
	note("stop signal", c.StopSignal)
	c.Entrypoint, c.Cmd, c.User, c.Healthcheck, c.Volumes, c.StopSignal = nil, nil, "", nil, nil, ""
	c.OnBuild, c.ArgsEscaped = nil, false
	return lost
}

func quoteAll(words []string) string {
	if len(words) == 0 {
		return ""
	}
	data, _ := json.Marshal(words) // strings do not fail
	return string(data)
}

// labels are the base's, but for those that describe the base itself, with ours over them.
func (s Spec) labels(from *base, r *Report) map[string]string {
	out := map[string]string{}
	for k, v := range from.config.Config.Labels {
		if !strings.HasPrefix(k, "org.opencontainers.image.") {
			out[k] = v
		}
	}
	if from.name != "" {
		out["org.opencontainers.image.base.name"] = from.name
		out["org.opencontainers.image.base.digest"] = from.digest.String()
	}
	out[LabelAgent] = cmp.Or(r.AgentID, "base")
	maps.Copy(out, s.Labels)
	return out
}
