package docker

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/moby/moby/client"
)

// engineBuild is one run of a Dockerfile by the engine: by BuildKit where the
// engine has it, else by the classic builder.
type engineBuild struct {
	cl       *client.Client
	file     Dockerfile
	members  []entry
	events   *events
	keychain authn.Keychain
	tail     []string // of the output, for the error
	begun    map[string]bool
}

// The versions of the engine's builder, as its API calls them.
const (
	builderClassic  = "1"
	builderBuildKit = "2"
)

func (e *engineBuild) do(ctx context.Context) (id string, err error) {
	e.begun = map[string]bool{}
	s, err := openSession(ctx, e.cl, e.keychain)
	if errors.Is(err, errNoBuildKit) {
		return e.run(ctx, client.ImageBuildOptions{Version: builderClassic, Remove: true, ForceRemove: true})
	}
	if err != nil {
		return "", err
	}
	defer s.close()
	return e.run(ctx, client.ImageBuildOptions{Version: builderBuildKit, SessionID: s.id})
}

func (e *engineBuild) run(ctx context.Context, o client.ImageBuildOptions) (id string, err error) {
	name, err := filepath.Rel(e.file.Dir, e.file.File)
	if err != nil {
		return "", err
	}
	o.Dockerfile, o.NoCache = filepath.ToSlash(name), e.file.Rebuild
	// The two types of a platform are one in JSON.
	platforms, err := json.Marshal(e.file.Platforms)
	if err == nil {
		err = json.Unmarshal(platforms, &o.Platforms)
	}
	if err != nil {
		return "", err
	}
	r, w := io.Pipe()
	defer r.Close()
	go func() { w.CloseWithError(writeLayer(ctx, w, e.members)) }()
	resp, err := e.cl.ImageBuild(ctx, r, o)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	err = engineAnswer(resp.Body, "the build", func(m engineMessage) {
		if got := e.message(m); got != "" {
			id = got
		}
	})
	if err == nil && id == "" {
		err = errors.New("the engine does not say which image came out")
	}
	if err != nil && ctx.Err() == nil && len(e.tail) > 0 {
		err = fmt.Errorf("%w\n%s", err, strings.Join(e.tail, "\n"))
	}
	e.events.send(Event{Stage: StageBuild, Item: "Dockerfile", Done: err == nil})
	return id, err
}

// message shows one message of the engine; it may be the image's id.
func (e *engineBuild) message(m engineMessage) (id string) {
	for line := range strings.Lines(m.Stream) {
		e.line(line)
	}
	if m.ID == "moby.buildkit.trace" {
		var packed string
		if json.Unmarshal(m.Aux, &packed) != nil {
			return ""
		}
		if raw, err := base64.StdEncoding.DecodeString(packed); err == nil {
			e.trace(raw)
		}
		return ""
	}
	var aux struct{ ID string }
	if len(m.Aux) > 0 && json.Unmarshal(m.Aux, &aux) == nil {
		return aux.ID
	}
	return ""
}

// tailLines is how much of the output goes into the error of a failed build.
const tailLines = 15

func (e *engineBuild) line(s string) {
	s = strings.TrimRight(s, "\r\n ")
	if s == "" {
		return
	}
	e.tail = append(e.tail, s)
	if len(e.tail) > tailLines {
		e.tail = e.tail[1:]
	}
	e.events.send(Event{Stage: StageBuild, Item: "Dockerfile", Note: s})
}

// trace shows BuildKit's status: the steps as they begin, and what they print.
// It is a protobuf message, moby.buildkit.v1.StatusResponse: 1 vertexes (1
// digest, 3 name, 4 cached, 5 started), 3 logs (4 text).
func (e *engineBuild) trace(raw []byte) {
	eachField(raw, func(number int, value []byte) {
		switch number {
		case 1:
			v := fieldsOf(value)
			if name := string(v[3]); v[5] != nil && !e.begun[string(v[1])] && !strings.HasPrefix(name, "[internal]") {
				e.begun[string(v[1])] = true
				e.line(name)
			}
		case 3:
			for line := range bytes.Lines(fieldsOf(value)[4]) {
				e.line(string(line))
			}
		}
	})
}
