package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/appimg/appimg/internal/testneed"
)

// cluster is three or four containers of the pushed image, on a network of
// their own, against appimg's metadata server.
type cluster struct {
	*rig
	image   string
	gateway string // the engine's side of the network: where the metadata server listens
	server  *exec.Cmd
	manage  string // base address of the operator's port
	nodes   []node
}

type node struct{ id, ip, sid, container string }

// TestThreeNodesConfigureThemselves is the whole way: from an empty folder to
// a pushed image whose nodes follow their cluster's metadata.
func TestThreeNodesConfigureThemselves(t *testing.T) {
	r := newRig(t)
	base := r.busyboxBase()
	r.run(r.appimg, "init", "zk", "--preset", "zookeeper", "--type", "docker")
	c := &cluster{rig: r, image: r.registry + "/appimg-e2e/zk:1"}
	digest := strings.TrimSpace(r.run(r.appimg, "docker", "build", "-C", "zk", "-q", "--push", "--base", "engine:"+base, "-t", c.image))
	if !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(digest) {
		t.Fatalf("docker build printed %q, want a digest", digest)
	}
	c.remove("image", "rm", "-f", c.image)
	r.run(r.docker, "pull", "-q", r.registry+"/appimg-e2e/zk@"+digest)
	r.run(r.docker, "tag", r.registry+"/appimg-e2e/zk@"+digest, c.image)

	c.network(c.simulated(4))
	c.serve("--count", "3")
	for i := range 3 {
		c.start(&c.nodes[i])
	}
	c.configured(3, 3)
	c.sendCommand(3, "cmd-init", "/opt/app/bin/zk init")
	c.sendCommand(3, "cmd-start", "/opt/app/bin/zk start")

	c.addFourthNode()
	c.configured(4, 4)

	_ = c.server.Process.Kill()
	_ = c.server.Wait()
	time.Sleep(time.Second)
	c.serve("--count", "4")
	c.put("/v1/data/clusters/"+c.id()+"/env", `{"tickTime": "3100"}`)
	for _, n := range c.nodes {
		r.eventually("change after the server's return on "+n.container, func() string {
			return wants(c.cat(n, "/opt/app/conf/zoo.cfg"), "tickTime=3100")
		})
	}
	c.endsByStop(c.nodes[3])
}

func wants(text, part string) string {
	if strings.Contains(text, part) {
		return ""
	}
	return fmt.Sprintf("no %q in %q", part, text)
}

// simulated is what appimg says a cluster of n nodes will be.
func (c *cluster) simulated(n int) []node {
	var tree struct {
		Hosts map[string]struct {
			IP         string `json:"ip"`
			SID        string `json:"sid"`
			InstanceID string `json:"instance_id"`
		} `json:"hosts"`
	}
	out := c.run(c.appimg, "metadata", "show", "-q", "-C", "zk", "--count", fmt.Sprint(n), "--node", "/1", "--format", "json")
	if err := json.Unmarshal([]byte(out), &tree); err != nil {
		c.Fatal(err)
	}
	nodes := make([]node, len(tree.Hosts))
	for _, h := range tree.Hosts {
		i := int(h.SID[0] - '1')
		nodes[i] = node{h.InstanceID, h.IP, h.SID, fmt.Sprintf("%s-n%s", c.name, h.SID)}
	}
	return nodes
}

// network makes a network that has the simulated addresses.
func (c *cluster) network(nodes []node) {
	c.nodes = nodes
	subnet := nodes[0].ip[:strings.LastIndex(nodes[0].ip, ".")]
	c.gateway = subnet + ".254"
	for _, n := range nodes {
		if !strings.HasPrefix(n.ip, subnet+".") || n.ip == c.gateway {
			c.Fatalf("simulated addresses %v do not fit into %s.0/24", nodes, subnet)
		}
	}
	c.run(c.docker, "network", "create", "--subnet", subnet+".0/24", "--gateway", c.gateway, c.name)
	c.remove("network", "rm", c.name)
}

// serve starts the metadata server of the project on the network's gateway.
func (c *cluster) serve(args ...string) {
	c.Helper()
	manage := testneed.FreeAddr(c.T)
	c.manage = "http://" + manage
	c.server = exec.Command(c.appimg, append([]string{"metadata", "serve", "-C", "zk", "--listen", c.gateway + ":80", "--manage", manage}, args...)...)
	c.server.Dir = c.dir
	c.server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.server.Start(); err != nil {
		c.Fatal(err)
	}
	server := c.server
	c.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	c.eventually("the metadata server answers", func() string {
		resp, err := http.Get(c.manage + "/v1/mapping")
		if err != nil {
			return err.Error()
		}
		resp.Body.Close()
		return ""
	})
}

func (c *cluster) start(n *node) {
	c.run(c.docker, "run", "-d", "--name", n.container, "--network", c.name, "--ip", n.ip, "--hostname", n.id,
		"--add-host", "metadata:"+c.gateway, c.image)
	c.remove("rm", "-f", n.container)
}

func (c *cluster) cat(n node, file string) string {
	out, err := c.try(c.docker, "exec", n.container, "cat", file)
	if err != nil {
		return err.Error()
	}
	return out
}

// configured waits until the first running nodes list all servers, and have the right myid.
func (c *cluster) configured(running, servers int) {
	c.Helper()
	for _, n := range c.nodes[:running] {
		c.eventually(fmt.Sprintf("%d servers in zoo.cfg of %s", servers, n.container), func() string {
			cfg := c.cat(n, "/opt/app/conf/zoo.cfg")
			if got := strings.Count(cfg, "\nserver."); got != servers {
				return fmt.Sprintf("%d server lines in %q", got, cfg)
			}
			for _, m := range c.nodes[:servers] {
				if why := wants(cfg, fmt.Sprintf("server.%s=%s:", m.sid, m.ip)); why != "" {
					return why
				}
			}
			return ""
		})
		if got := strings.TrimSpace(c.cat(n, "/data/zookeeper/data/myid")); got != n.sid {
			c.Errorf("myid of %s is %q, want %q", n.container, got, n.sid)
		}
	}
}

// sendCommand is what the scheduler does: the command comes through metadata,
// exec.sh runs it, and cmd.log says how it went.
func (c *cluster) sendCommand(running int, id, cmd string) {
	c.Helper()
	for _, n := range c.nodes[:running] {
		c.put("/v1/data/clusters/"+c.id()+"/cmd/"+n.id, fmt.Sprintf(`{"id": %q, "cmd": %q, "timeout": "600"}`, id, cmd))
	}
	for _, n := range c.nodes[:running] {
		c.eventually(cmd+" on "+n.container, func() string {
			log := c.cat(n, "/opt/qingcloud/app-agent/log/cmd.log")
			if why := wants(log, id+" [executing]: "+cmd); why != "" {
				return why
			}
			if why := wants(log, id+" [successful]: "+cmd); why != "" {
				return why + "\n" + c.cat(n, "/opt/qingcloud/app-agent/log/app.log")
			}
			return ""
		})
	}
}

// addFourthNode registers a node as the platform does while it scales out, and starts it.
func (c *cluster) addFourthNode() {
	started := c.startTimes()
	args := []string{"metadata", "show", "-q", "-C", "zk", "--count", "4", "--adding", "1", "--format", "json"}
	c.put("/v1/data", c.run(c.appimg, args...))
	n := c.nodes[3]
	mapping := c.get("/v1/mapping/" + c.nodes[0].ip)
	mapping = strings.ReplaceAll(mapping, c.nodes[0].id, n.id)
	c.put("/v1/mapping/"+n.ip, mapping)
	c.start(&c.nodes[3])
	c.eventually("the new node knows that it joins", func() string {
		return wants(c.cat(n, "/opt/app/conf/members"), n.sid+" "+n.ip+" joins")
	})
	c.configured(4, 4)
	if now := c.startTimes(); now != started {
		c.Errorf("containers were restarted: started at %s, before at %s", now, started)
	}
}

func (c *cluster) startTimes() string {
	var all []string
	for _, n := range c.nodes[:3] {
		all = append(all, strings.TrimSpace(c.run(c.docker, "inspect", "-f", "{{.State.StartedAt}} {{.RestartCount}}", n.container)))
	}
	return strings.Join(all, ", ")
}

// endsByStop: as PID 1 confd passes SIGTERM on and ends, without docker's SIGKILL.
func (c *cluster) endsByStop(n node) {
	c.run(c.docker, "stop", "-t", "20", n.container)
	if code := strings.TrimSpace(c.run(c.docker, "inspect", "-f", "{{.State.ExitCode}}", n.container)); code != "0" {
		c.Errorf("exit code %s after SIGTERM, want 0", code)
	}
}

// id is the cluster's id.
func (c *cluster) id() string {
	var ids map[string]any
	if err := json.Unmarshal([]byte(c.get("/v1/data/clusters")), &ids); err != nil {
		c.Fatal(err)
	}
	for id := range ids {
		return id
	}
	c.Fatal("no cluster in the metadata")
	return ""
}

func (c *cluster) get(path string) string { return c.manageDo(http.MethodGet, path, "") }
func (c *cluster) put(path, body string)  { c.manageDo(http.MethodPut, path, body) }

func (c *cluster) manageDo(method, path, body string) string {
	c.Helper()
	req, err := http.NewRequestWithContext(c.Context(), method, c.manage+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		c.Fatalf("%s %s: %s %v %s", method, path, resp.Status, err, out)
	}
	return string(out)
}
