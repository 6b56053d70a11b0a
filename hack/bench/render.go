package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const renderNodes = 100

// render measures the rendering of every pair of a 100-node cluster: appimg
// once, beside one confd -onetime for each node.
func (b *bench) render() error {
	title(fmt.Sprintf("Render: %d nodes of the zookeeper preset", renderNodes))
	dir := filepath.Join(b.work, "render")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := b.shIn(dir, nil, b.bin("appimg"), "init", "zk", "--preset", "zookeeper", "--type", "docker"); err != nil {
		return err
	}
	project := filepath.Join(dir, "zk")
	count := fmt.Sprint(renderNodes)
	render := func(args func(i int) []string) (time.Duration, error) {
		return b.median(func(i int) (time.Duration, error) {
			return timed(func() error {
				return b.shIn(project, nil, b.bin("appimg"), append([]string{"render", "-q", "--count", count}, args(i)...)...)
			})
		})
	}
	ours, err := render(func(int) []string { return nil })
	if err != nil {
		return err
	}
	row("appimg render --count "+count, ours, ours)
	out, err := render(func(i int) []string { return []string{"--out", filepath.Join(dir, fmt.Sprint("out", i))} })
	if err != nil {
		return err
	}
	row("  with --out, a folder for each node", out, ours)
	self, err := b.self(project, count)
	if err != nil {
		return err
	}
	srv := httptest.NewServer(self)
	defer srv.Close()
	confdir := filepath.Join(dir, "confdir")
	if err := b.localPairs(project, confdir, dir); err != nil {
		return err
	}
	peer, err := b.median(func(int) (time.Duration, error) {
		return timed(func() error {
			for range renderNodes {
				if err := b.sh(nil, b.bin("confd"), "-onetime", "-sync-only", "-backend", "metad", "-prefix", "/self",
					"-node", strings.TrimPrefix(srv.URL, "http://"), "-confdir", confdir, "-log-level", "error"); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	row(fmt.Sprintf("confd -onetime, %d times", renderNodes), peer, ours)
	return nil
}

// self answers as metad does what a node of the cluster asks.
func (b *bench) self(project, count string) (http.Handler, error) {
	cmd := exec.CommandContext(b.ctx, b.bin("appimg"), "metadata", "show", "-q", "--count", count, "--node", "/1", "--format", "json")
	cmd.Dir = project
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("appimg metadata show: %w", err)
	}
	var tree any
	if err := json.Unmarshal(out, &tree); err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := tree
		for _, seg := range strings.FieldsFunc(strings.TrimPrefix(r.URL.Path, "/self"), func(c rune) bool { return c == '/' }) {
			m, _ := v.(map[string]any)
			v = m[seg]
		}
		w.Header().Set("X-Metad-Version", "1")
		if v == nil {
			http.Error(w, `{"code":404,"message":"Not found","type":"ERROR"}`, http.StatusNotFound)
			return
		}
		_ = json.NewEncoder(w).Encode(v)
	}), nil
}

// localPairs copies the project's pairs with destinations below dir.
func (b *bench) localPairs(project, confdir, dir string) error {
	if err := os.CopyFS(confdir, os.DirFS(filepath.Join(project, "confd"))); err != nil {
		return err
	}
	tomls, err := filepath.Glob(filepath.Join(confdir, "conf.d", "*.toml"))
	if err != nil {
		return err
	}
	for _, t := range tomls {
		data, err := os.ReadFile(t)
		if err != nil {
			return err
		}
		data = bytes.ReplaceAll(data, []byte(`dest = "/`), fmt.Appendf(nil, `dest = "%s/peer/`, dir))
		if err := os.WriteFile(t, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
