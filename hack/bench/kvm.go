package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/appimg/appimg/pkg/kvm/kvmtest"
)

// fleetSize is how many machines are worked on at once.
const fleetSize = 32

// kvm measures the way of the agent onto fresh machines: appimg beside scp and
// ssh, Packer and Ansible with the same bundle, each against a real sshd of a
// machine of its own. The second run is on the machine that the first one left.
func (b *bench) kvm() error {
	title("KVM: the agent onto a fresh machine (sshd on loopback, one key)")
	w, why := b.newKVMWork()
	if why != "" {
		fmt.Printf("  left out: %s\n", why)
		return nil
	}
	if err := w.prepare(); err != nil {
		return err
	}
	var here []installer
	for _, in := range w.installers() {
		if _, err := exec.LookPath(in.needs); err != nil {
			fmt.Printf("  left out: %s is not here (hack/test-deps bench installs it)\n", in.needs)
			continue
		}
		here = append(here, in)
	}
	if err := w.oneHost(here); err != nil {
		return err
	}
	if err := w.manyHosts(here); err != nil {
		return err
	}
	return w.slowLines(here)
}

// installer puts the agent on the machines of the SSH configuration.
type installer struct {
	name, needs string
	run         func(hosts []string) *exec.Cmd
}

// cost is what a run took: on the clock, and of the processors on both sides.
type cost struct {
	wall, client, machines time.Duration
	peak                   int64 // of the client's memory, in bytes
}

type kvmWork struct {
	*bench
	dir, base, bundle string
	round             int
}

func (b *bench) newKVMWork() (*kvmWork, string) {
	if os.Geteuid() != 0 {
		return nil, "machines in namespaces need root"
	}
	base, err := kvmtest.MachineBase("python")
	if err != nil {
		return nil, "there is no Debian for the machines (hack/test-deps bench makes it)"
	}
	return &kvmWork{bench: b, dir: filepath.Join(b.work, "kvm"), base: base}, ""
}

func (w *kvmWork) path(name string) string { return filepath.Join(w.dir, name) }

func (w *kvmWork) prepare() error {
	if err := os.Mkdir(w.dir, 0o755); err != nil {
		return err
	}
	w.bundle = w.path("app-agent.tar.gz")
	if err := w.sh(nil, w.bin("appimg"), "agent", "bundle", "-o", w.bundle); err != nil {
		return err
	}
	return w.sh(nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", w.path("key"))
}

// oneHost runs the installers in turn, so that what else the machine does is
// everybody's.
func (w *kvmWork) oneHost(all []installer) error {
	runs := [2]map[string][]cost{{}, {}}
	for range w.n {
		for _, in := range all {
			err := w.withMachines(1, 0, func(m []*kvmtest.Machine) error {
				for nth := range runs {
					c, err := w.measureRun(in, m)
					if err != nil {
						return fmt.Errorf("%s: %w", in.name, err)
					}
					runs[nth][in.name] = append(runs[nth][in.name], c)
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	for nth, heading := range []string{"first run", "second run"} {
		fmt.Printf(" %s\n", heading)
		ours := medianCost(runs[nth][all[0].name])
		for _, in := range all {
			c := medianCost(runs[nth][in.name])
			row(in.name, c.wall, ours.wall)
			c.print()
		}
	}
	return nil
}

// manyHosts compares a fleet with one machine, and appimg with its peers on a
// fleet, in turn. All machines share this one's processors, which real ones do
// not: what they took of them is told beside the time.
func (w *kvmWork) manyHosts(all []installer) error {
	one, many, again := map[string][]cost{}, map[string][]cost{}, []cost{}
	for range max(w.n/2, 1) {
		for _, in := range all {
			for _, size := range []int{1, fleetSize} {
				err := w.withMachines(size, 0, func(m []*kvmtest.Machine) error {
					c, err := w.measureRun(in, m)
					if err != nil || size == 1 {
						one[in.name] = append(one[in.name], c)
						return err
					}
					many[in.name] = append(many[in.name], c)
					if in.name == all[0].name {
						c, err = w.measureRun(in, m)
						again = append(again, c)
					}
					return err
				})
				if err != nil {
					return fmt.Errorf("%s: %w", in.name, err)
				}
			}
		}
	}
	fmt.Printf(" %d hosts at once, first run\n", fleetSize)
	ours := medianCost(many[all[0].name])
	for _, in := range all {
		c := medianCost(many[in.name])
		row(in.name, c.wall, ours.wall)
		c.print()
		w.compare(medianCost(one[in.name]), c)
	}
	fmt.Printf(" %d hosts at once, second run\n", fleetSize)
	c := medianCost(again)
	row(all[0].name, c.wall, 0)
	c.print()
	return nil
}

// lineRate is what a line to a cloud may carry, in bytes per second: 10 Mbit/s.
const lineRate = 10e6 / 8

// slowLines is a fleet again, with a line of its own to each machine: there the
// lines take the time, and not the processors that all of them share here.
func (w *kvmWork) slowLines(all []installer) error {
	fmt.Printf(" %d hosts at once, behind lines of 10 Mbit/s\n", fleetSize)
	var ours time.Duration
	for i, in := range all[:min(2, len(all))] {
		var one, many cost
		for size, c := range map[int]*cost{1: &one, fleetSize: &many} {
			err := w.withMachines(size, lineRate, func(m []*kvmtest.Machine) (err error) {
				*c, err = w.measureRun(in, m)
				return err
			})
			if err != nil {
				return fmt.Errorf("%s: %w", in.name, err)
			}
		}
		if i == 0 {
			ours = many.wall
		}
		row(in.name, many.wall, ours)
		fmt.Printf("      %.1f× one host's %.0f ms\n", float64(many.wall)/float64(one.wall), float64(one.wall.Milliseconds()))
	}
	return nil
}

// compare tells what a fleet takes beside one machine.
func (w *kvmWork) compare(one, many cost) {
	processors := time.Duration(runtime.NumCPU())
	fmt.Printf("      %.1f× one host's time; %.0f%% of the processors went to the machines, %.0f%% to the client (%.0f ms a host, peak memory %.0f MB)\n",
		float64(many.wall)/float64(one.wall), 100*float64(many.machines)/float64(many.wall*processors), 100*float64(many.client)/float64(many.wall*processors),
		float64(many.client.Milliseconds())/fleetSize, float64(many.peak)/1e6)
	left := max(many.wall-many.machines/processors, 0)
	fmt.Printf("      without what the machines took: %.0f ms, %.1f× one host's time\n", float64(left.Milliseconds()), float64(left+one.wall)/float64(one.wall))
}

func (c cost) print() {
	fmt.Printf("      processors: %.0f ms here, %.0f ms on the machines\n", float64(c.client.Microseconds())/1000, float64(c.machines.Microseconds())/1000)
}

// medianCost is the median of each part.
func medianCost(all []cost) cost {
	part := func(of func(cost) int64) int64 {
		var v []int64
		for _, c := range all {
			v = append(v, of(c))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	return cost{
		wall:     time.Duration(part(func(c cost) int64 { return int64(c.wall) })),
		client:   time.Duration(part(func(c cost) int64 { return int64(c.client) })),
		machines: time.Duration(part(func(c cost) int64 { return int64(c.machines) })),
		peak:     part(func(c cost) int64 { return c.peak }),
	}
}

// measureRun runs in on the machines once.
func (w *kvmWork) measureRun(in installer, machines []*kvmtest.Machine) (c cost, err error) {
	var hosts []string
	for i, m := range machines {
		hosts = append(hosts, fmt.Sprintf("m%d", i))
		c.machines -= m.CPUTime()
	}
	cmd := in.run(hosts)
	begin := time.Now()
	out, err := cmd.CombinedOutput()
	c.wall = time.Since(begin)
	if err != nil {
		return c, fmt.Errorf("%w\n%s", err, out)
	}
	c.client = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	c.peak = maxRSS(cmd.ProcessState)
	for _, m := range machines {
		for end := time.Now().Add(5 * time.Second); !m.Idle() && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
		c.machines += m.CPUTime()
	}
	return c, nil
}

// withMachines is do with n fresh machines, which the SSH configuration names
// m0, m1, …; a rate above 0 puts each of them behind a line of that many bytes
// per second.
func (w *kvmWork) withMachines(n int, rate int64, do func([]*kvmtest.Machine) error) error {
	w.round++
	dir := w.path(fmt.Sprint("round", w.round))
	defer os.RemoveAll(dir)
	public, err := os.ReadFile(w.path("key.pub"))
	if err != nil {
		return err
	}
	setup := fmt.Sprintf("echo %q >root/.ssh/authorized_keys\n", strings.TrimSpace(string(public)))
	var config, known strings.Builder
	hostKey, err := os.ReadFile(filepath.Join(w.base, "etc/ssh/ssh_host_ed25519_key.pub"))
	if err != nil {
		return err
	}
	var machines []*kvmtest.Machine
	var ports []int
	for i := range n {
		at := filepath.Join(dir, fmt.Sprint(i))
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
		m, err := kvmtest.NewMachine(w.base, at, kvmtest.MachineOptions{Setup: setup})
		if err != nil {
			return err
		}
		defer m.Stop()
		machines = append(machines, m)
		port := m.Port
		if rate > 0 {
			line, err := kvmtest.OpenLine(m.Addr())
			if err != nil {
				return err
			}
			defer line.Close()
			line.Rate(rate)
			port = line.Port()
		}
		ports = append(ports, port)
		fmt.Fprintf(&config, "Host m%d\n\tPort %d\n", i, port)
		fmt.Fprintf(&known, "[127.0.0.1]:%d %s", port, hostKey)
	}
	fmt.Fprintf(&config, "Host *\n\tHostName 127.0.0.1\n\tUser root\n\tIdentityFile %s\n\tIdentitiesOnly yes\n\tUserKnownHostsFile %s\n\tBatchMode yes\n", w.path("key"), w.path("known_hosts"))
	if err := os.WriteFile(w.path("known_hosts"), []byte(known.String()), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(w.path("config"), []byte(config.String()), 0o600); err != nil {
		return err
	}
	if err := w.peerFiles(ports); err != nil {
		return err
	}
	return do(machines)
}
