package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/moby/moby/client"

	"github.com/appimg/appimg/pkg/diag"
)

// ErrNoEngine is wrapped by errors about an engine that does not answer.
var ErrNoEngine = errors.New("no Docker engine answers")

// dialEngine connects to the engine that DOCKER_HOST names, or to the local one.
func dialEngine(ctx context.Context) (*client.Client, error) {
	cl, err := client.New(client.FromEnv)
	if err != nil {
		return nil, fmt.Errorf("connecting to the engine: %w", err)
	}
	if _, err := cl.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true}); err != nil {
		cl.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, diag.WithHint(fmt.Errorf("%w at %s: %w", ErrNoEngine, cl.DaemonHost(), silence(err)),
			"start the Docker daemon, or set DOCKER_HOST; an image without a Dockerfile is built, pushed and written without one")
	}
	return cl, nil
}

// silence is why nobody answers, without what the client says around it.
func silence(err error) error {
	var line *net.OpError
	if errors.As(err, &line) {
		return diag.Saying(err, diag.Reason(line).Error())
	}
	if client.IsErrConnectionFailed(err) {
		return diag.Saying(err, "nothing listens there")
	}
	return err
}

// EngineVersion says which engine answers: its version, its API's, its platform.
func EngineVersion(ctx context.Context) (string, error) {
	cl, err := dialEngine(ctx)
	if err != nil {
		return "", err
	}
	defer cl.Close()
	v, err := cl.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return "", fmt.Errorf("asking the engine for its version: %w", silence(err))
	}
	return fmt.Sprintf("%s, API %s, %s/%s", v.Version, v.APIVersion, v.Os, v.Arch), nil
}

// engineAnswer reads the engine's stream of JSON messages to its end. line gets
// what is for people to read.
func engineAnswer(r io.Reader, what string, line func(engineMessage)) error {
	dec := json.NewDecoder(r)
	for {
		var m engineMessage
		err := dec.Decode(&m)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if m.Error != "" {
			return fmt.Errorf("%s: %s", what, strings.TrimSpace(m.Error))
		}
		if line != nil {
			line(m)
		}
	}
}

// engineMessage is one message of the engine's answer to a build or a load.
type engineMessage struct {
	Stream string          `json:"stream"`
	Error  string          `json:"error"`
	ID     string          `json:"id"`
	Aux    json.RawMessage `json:"aux"`
}

const engineKind = "engine"

// openEngine opens a base in the engine. An image that has been imported before
// is known by its id, and nothing is transferred.
func (b *Builder) openEngine(ctx context.Context, ref string) ([]*base, error) {
	if one, ok := b.recallEngine(ref); ok && strings.HasPrefix(ref, "sha256:") {
		return []*base{one}, nil // it was named by its id
	}
	cl, err := dialEngine(ctx)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	info, err := cl.ImageInspect(ctx, ref)
	if cerrdefs.IsNotFound(err) {
		return nil, diag.WithHint(errors.New("the engine has no such image"), "docker image ls shows what it has; docker pull %s brings it", ref)
	}
	if err != nil {
		return nil, err
	}
	if one, ok := b.recallEngine(info.ID); ok {
		return []*base{one}, nil
	}
	b.events().send(Event{Stage: StageImport, Item: ref, Total: info.Size})
	r, err := cl.ImageSave(ctx, []string{info.ID})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	all, err := b.spoolArchive(ctx, &counting{r: r, e: b.events(), ev: Event{Stage: StageImport, Item: ref, Total: info.Size}})
	if err != nil {
		return nil, err
	}
	b.events().send(Event{Stage: StageImport, Item: ref, Bytes: info.Size, Total: info.Size, Done: true})
	b.Cache.record(engineKind, idKey(info.ID), all[0].raw)
	return all, nil
}

func idKey(id string) string { return strings.ReplaceAll(id, ":", "-") }

// recallEngine finds an image that was imported, with all its layers.
func (b *Builder) recallEngine(id string) (*base, bool) {
	var config []byte
	if !b.Cache.recall(engineKind, idKey(id), &config) {
		return nil, false
	}
	var c v1.ConfigFile
	if json.Unmarshal(config, &c) != nil {
		return nil, false
	}
	var layers []*blob
	for _, diffID := range c.RootFS.DiffIDs {
		p, ok := b.recallLayer(diffID)
		if !ok {
			return nil, false
		}
		layers = append(layers, b.cachedLayer("", types.DockerLayer, diffID, p))
	}
	one, err := newBase(dockerFamily(), config, layers)
	return one, err == nil
}
