package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// unpack is what a person types on the machine, and what the peers run there.
const unpack = "cd /root && tar -xzf app-agent.tar.gz && cd app-agent-linux-amd64 && ./install.sh"

// installers are appimg, then its peers, each as its manual has it.
func (w *kvmWork) installers() []installer {
	const scp = `for h in $4; do
	(scp -qF "$1" "$2" "$h:/root/app-agent.tar.gz" && ssh -F "$1" "$h" "$3") &
	all="$all $!"
done
for one in $all; do wait "$one" || exit 1; done`
	return []installer{
		{"appimg kvm install-agent", w.bin("appimg"), func(hosts []string) *exec.Cmd {
			return w.command(w.bin("appimg"), append([]string{"kvm", "install-agent", "-F", w.path("config")}, hosts...)...)
		}},
		{"scp + ssh ./install.sh", "ssh", func(hosts []string) *exec.Cmd {
			return w.command("sh", "-c", scp, "sh", w.path("config"), w.bundle, unpack, strings.Join(hosts, " "))
		}},
		{"Packer (null builder, file, shell)", "packer", func([]string) *exec.Cmd {
			return w.command("packer", "build", "-color=false", w.path("packer.json"))
		}},
		{"Ansible (unarchive, command)", "ansible-playbook", func(hosts []string) *exec.Cmd {
			return w.command("ansible-playbook", "-f", strconv.Itoa(len(hosts)), "-i", w.path("inventory"), w.path("playbook.yml"))
		}},
	}
}

func (w *kvmWork) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(w.ctx, name, args...)
	cmd.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1", "PACKER_CONFIG_DIR="+w.dir, "ANSIBLE_LOCALHOST_WARNING=false")
	return cmd
}

const packerBuilder = `{"type": "null", "name": "m%d", "communicator": "ssh", "ssh_host": "127.0.0.1", "ssh_port": %d, "ssh_username": "root", "ssh_private_key_file": %q}`

const packerTemplate = `{
  "builders": [%s],
  "provisioners": [
    {"type": "file", "source": %q, "destination": "/root/app-agent.tar.gz"},
    {"type": "shell", "inline": [%q]}
  ]
}
`

// Facts are not gathered: the playbook needs none, and would only be slower.
const playbook = `- hosts: all
  gather_facts: false
  tasks:
    - unarchive:
        src: %s
        dest: /root
    - command: ./install.sh
      args:
        chdir: /root/app-agent-linux-amd64
`

const inventory = `m%d ansible_ssh_common_args="-F %s" ansible_python_interpreter=/usr/bin/python3
`

// peerFiles writes what Packer and Ansible read.
func (w *kvmWork) peerFiles(ports []int) error {
	var builders []string
	var hosts strings.Builder
	for i, port := range ports {
		builders = append(builders, fmt.Sprintf(packerBuilder, i, port, w.path("key")))
		fmt.Fprintf(&hosts, inventory, i, w.path("config"))
	}
	for name, text := range map[string]string{
		"packer.json":  fmt.Sprintf(packerTemplate, strings.Join(builders, ", "), w.bundle, unpack),
		"playbook.yml": fmt.Sprintf(playbook, w.bundle),
		"inventory":    hosts.String(),
	} {
		if err := os.WriteFile(w.path(name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// maxRSS is the largest memory that the process, or one that it waited for, has had.
func maxRSS(s *os.ProcessState) int64 {
	if usage, ok := s.SysUsage().(*syscall.Rusage); ok {
		return usage.Maxrss << 10
	}
	return 0
}
