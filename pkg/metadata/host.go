package metadata

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/appimg/appimg/pkg/app"
)

// What a role gets that does not say otherwise.
const (
	defaultInstanceClass = 101
	defaultVolumeClass   = 100
)

// hostKeys is what lies at /host of n (platform guide, metadata).
func (c *Cluster) hostKeys(n *Node) map[string]any {
	r, id := n.spec, n.Name()
	mac := hash("mac", c.ID, id)
	keys := map[string]any{
		"ip": n.IP, "eip": "",
		"mac": fmt.Sprintf("52:54:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3]),
		"sid": strconv.Itoa(n.SID), "gid": strconv.Itoa(n.GID), "gsid": digits9("gsid", c.ID, id),
		"node_id": n.NodeID, "instance_id": n.InstanceID,
		"cpu": strconv.Itoa(r.CPU), "gpu": strconv.Itoa(r.GPU), "memory": strconv.Itoa(r.Memory),
		"volume_size": "0", "instance_class": strconv.Itoa(orDefault(r.InstanceClass, defaultInstanceClass)), "gpu_class": "0",
		"volume_class":     strconv.Itoa(defaultVolumeClass),
		"physical_machine": fmt.Sprintf("pm-%d", n.SID),
		"role":             n.Role,
		"token":            hex.EncodeToString(mac[4:20]),
	}
	if r.Volume != nil {
		keys["volume_size"] = strconv.Itoa(r.Volume.Size)
		keys["volume_class"] = strconv.Itoa(orDefault(r.Volume.Class, defaultVolumeClass))
	}
	if r.Passphraseless != "" {
		keys["pub_key"] = publicKey(r.Passphraseless, c.ID+"/"+id) + " root@" + n.InstanceID
	}
	if len(r.ReservedIPs) > 0 {
		keys["reserved_ips"] = reserved(r.ReservedIPs, blockOf(n.IP))
	}
	return keys
}

func orDefault(n, fallback int) int {
	if n < 0 {
		return fallback
	}
	return n
}

// reserved are addresses above those of nodes, in the /24 block of a role.
func reserved(ips []app.ReservedIP, block string) map[string]any {
	out := map[string]any{}
	for i, ip := range ips {
		value := ip.Value
		if value == "" {
			value = fmt.Sprintf("%s.%d", block, 200+i%55)
		}
		out[ip.Name] = map[string]any{"value": value}
	}
	return out
}

// blockOf is the first three numbers of an address.
func blockOf(ip string) string {
	end := len(ip)
	for ip[end-1] != '.' {
		end--
	}
	return ip[:end-1]
}

// commandKeys is what lies at /cmd: the command that exec.sh runs; nil where
// the role has no start command.
func commandKeys(n *Node, cmd string) map[string]any {
	timeout := 600
	if start := n.spec.Services["start"]; cmd == "" && start != nil {
		cmd, timeout = start.Cmd, start.Timeout
	}
	if cmd == "" {
		return nil
	}
	return map[string]any{
		"id":      "cmd" + hex8("cmd", n.InstanceID, cmd),
		"cmd":     cmd,
		"timeout": strconv.Itoa(timeout),
	}
}

// publicKey is a line of authorized_keys that parses, and whose private key
// nobody has.
func publicKey(kind, seed string) string {
	var wire []byte
	field := func(b []byte) {
		wire = binary.BigEndian.AppendUint32(wire, uint32(len(b)))
		wire = append(wire, b...)
	}
	if kind == "ssh-dsa" {
		kind = "ssh-dss" // the name of DSA keys in OpenSSH's format
	}
	field([]byte(kind))
	if kind == "ssh-dss" {
		for _, part := range []struct {
			name  string
			bytes int
		}{{"p", 128}, {"q", 20}, {"g", 128}, {"y", 128}} {
			field(bigNumber(seed+part.name, part.bytes))
		}
	} else {
		field([]byte{1, 0, 1})
		field(bigNumber(seed, 256))
	}
	return kind + " " + base64.StdEncoding.EncodeToString(wire)
}

// bigNumber is a positive odd number of n bytes, made from seed.
func bigNumber(seed string, n int) []byte {
	out := []byte{0}
	for i := 0; len(out) <= n; i++ {
		block := sha256.Sum256([]byte(seed + strconv.Itoa(i)))
		out = append(out, block[:]...)
	}
	out = out[:n+1]
	out[1] |= 0x80
	out[n] |= 1
	return out
}
