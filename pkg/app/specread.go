package app

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
)

// readSpec reads the evaluated document. Only what no cluster can be made of
// is an error; lint judges the rest.
func readSpec(file string, doc *jsondoc.Value, e *expander) (*Spec, error) {
	if doc.Kind != jsondoc.Object {
		return nil, diag.Errorf(doc.Pos, "the document is no object but a value of type %s", doc.Kind)
	}
	s := &Spec{
		File: file, Doc: doc, properties: e.origin,
		Name: doc.Get("name").Str(), Description: doc.Get("description").Str(), VxNet: doc.Get("vxnet").Str(),
		MetadataRootAccess: doc.Get("metadata_root_access").Bool(),
		ServerIDUpperBound: intOr(doc.Get("server_id_upper_bound"), 0),
		HealthCheck:        readHealthCheck(doc.Member("health_check")), Monitor: readMonitor(doc.Member("monitor")),
		UpgradingPolicy: doc.Get("upgrading_policy").Str(), VerticalScalingPolicy: doc.Get("vertical_scaling_policy").Str(),
		BackupPolicy: doc.Get("backup_policy").Str(), AdvancedActions: texts(doc.Get("advanced_actions")), UpgradePolicy: texts(doc.Get("upgrade_policy")),
	}
	s.Env, _ = s.params(doc.Member("env"))
	if err := s.readRoles(doc); err != nil {
		return nil, err
	}
	s.readEndpoints(doc.Get("endpoints"), e)
	for _, m := range members(doc.Get("links")) {
		p := s.properties[m.Value]
		s.Links = append(s.Links, Link{m.Key, plain(m.Value, ","), p != nil && p.Required == "yes", m.KeyPos})
	}
	s.Notes = e.notes
	return s, nil
}

func (s *Spec) readRoles(doc *jsondoc.Value) error {
	nodes := doc.Get("nodes")
	if nodes == nil {
		return diag.WithHint(diag.Errorf(doc.Pos, `no "nodes"`), "nodes lists the roles of the cluster")
	}
	items := nodes.Items
	if nodes.Kind == jsondoc.Object {
		items = []*jsondoc.Value{nodes}
	}
	if len(items) == 0 {
		return diag.Errorf(nodes.Pos, `"nodes" has no role`)
	}
	for _, v := range items {
		if v.Kind != jsondoc.Object {
			return diag.Errorf(v.Pos, "a role is an object, not a value of type %s", v.Kind)
		}
		r, err := s.readRole(v, len(items) > 1)
		if err != nil {
			return err
		}
		s.Roles = append(s.Roles, r)
		if r.Replica > 0 {
			s.Roles = append(s.Roles, replicaOf(r))
		}
	}
	return nil
}

func (s *Spec) readRole(v *jsondoc.Value, several bool) (*Role, error) {
	r := &Role{
		Name: v.Get("role").Str(), Doc: v, Pos: v.Pos,
		Container: readContainer(v.Get("container")), Volume: readVolume(v.Get("volume")),
		CPU: intOr(v.Get("cpu"), 1), Memory: intOr(v.Get("memory"), 1024), GPU: intOr(v.Get("gpu"), 0),
		InstanceClass: intOr(v.Get("instance_class"), -1),
		Services:      s.readServices(v.Get("services")), HealthCheck: readHealthCheck(v.Member("health_check")), Monitor: readMonitor(v.Member("monitor")),
		UserAccess: v.Get("user_access").Bool(), Passphraseless: v.Get("passphraseless").Str(),
		ServerIDUpperBound:    intOr(v.Get("server_id_upper_bound"), 0),
		VerticalScalingPolicy: v.Get("vertical_scaling_policy").Str(), AdvancedActions: texts(v.Get("advanced_actions")),
		AgentInstalled: v.Get("agent_installed") == nil || v.Get("agent_installed").Bool(),
		ReservedIPs:    reservedIPs(v.Get("reserved_ips")),
	}
	r.Env, r.HasEnv = s.params(v.Member("env"))
	if m := v.Member("custom_metadata"); m != nil {
		r.CustomMetadata = s.readService(*m)
	}
	if several && r.Name == "" {
		return nil, diag.WithHint(diag.Errorf(v.Pos, `no "role"`), "with several roles each has a name of its own")
	}
	if s.Role(r.Name) != nil {
		return nil, diag.Errorf(v.Get("role").Pos, "a second role %q", r.Name)
	}
	if v.Get("count") == nil {
		return nil, diag.WithHint(diag.Errorf(v.Pos, `no "count"`), "count is the number of nodes of the role")
	}
	var err error
	if r.Count, err = readNodes(v, "count"); err != nil {
		return nil, err
	}
	r.Replica, err = readNodes(v, "replica")
	return r, err
}

// readNodes is a number of nodes, 0 where there is none.
func readNodes(role *jsondoc.Value, key string) (int, error) {
	v := role.Get(key)
	if v == nil {
		return 0, nil
	}
	n, ok := integer(v)
	if !ok || n < 0 || n > 1_000_000 {
		return 0, diag.Errorf(v.Pos, "%q is %s, not a number of nodes", key, shown(v))
	}
	return n, nil
}

// replicaOf is the role that `replica: n` adds: the platform gives each node n
// replicas, in a role of their own.
func replicaOf(r *Role) *Role {
	replica := *r
	replica.Name, replica.IsReplica, replica.ReplicaOf = r.Name+replicaSuffix, true, r.Name
	replica.Count = r.Count * r.Replica
	return &replica
}

func readContainer(v *jsondoc.Value) Container {
	c := Container{Type: v.Get("type").Str(), Image: v.Get("image").Str(), Zone: v.Get("zone").Str(), Doc: v}
	if image := v.Get("image"); image != nil {
		c.Pos = image.Pos
	} else if v != nil {
		c.Pos = v.Pos
	}
	return c
}

func readVolume(v *jsondoc.Value) *Volume {
	if v == nil || v.Kind != jsondoc.Object {
		return nil
	}
	vol := &Volume{
		Size: intOr(v.Get("size"), 0), Class: intOr(v.Get("class"), -1),
		Filesystem: v.Get("filesystem").Str(), MountOptions: v.Get("mount_options").Str(), Doc: v, Pos: v.Pos,
	}
	mount := v.Get("mount_point")
	for _, m := range itemsOf(mount) {
		if m.Str() != "" {
			vol.Mounts, vol.MountPos = append(vol.Mounts, m.Text), append(vol.MountPos, m.Pos)
		}
	}
	if len(vol.Mounts) == 0 {
		vol.Mounts, vol.MountPos = []string{"/data"}, []diag.Pos{v.Pos}
	}
	return vol
}

func (s *Spec) readServices(v *jsondoc.Value) map[string]*Service {
	out := map[string]*Service{}
	for _, m := range members(v) {
		if m.Value.Kind == jsondoc.Object {
			out[m.Key] = s.readService(m)
		}
	}
	return out
}

func (s *Spec) readService(m jsondoc.Member) *Service {
	v := m.Value
	svc := &Service{
		Name: m.Key, Custom: v.Get("type").Str() == "custom", Cmd: v.Get("cmd").Str(),
		Order: intOr(v.Get("order"), 0), Timeout: intOr(v.Get("timeout"), 600), NodesToExecuteOn: intOr(v.Get("nodes_to_execute_on"), 0),
		PreCheck: v.Get("pre_check").Str(), PostStartService: v.Get("post_start_service").Bool(),
		PostStopService: v.Get("post_stop_service").Bool(), AllowForce: v.Get("allow_force").Bool(),
		Doc: v, Pos: m.KeyPos, CmdPos: m.KeyPos,
	}
	if cmd := v.Get("cmd"); cmd != nil {
		svc.CmdPos = cmd.Pos
	}
	svc.Params, _ = s.params(v.Member("service_params"))
	return svc
}

func readHealthCheck(m *jsondoc.Member) *HealthCheck {
	if m == nil {
		return nil
	}
	v := m.Value
	return &HealthCheck{
		Enable: v.Get("enable").Bool(), IntervalSec: intOr(v.Get("interval_sec"), 0), TimeoutSec: intOr(v.Get("timeout_sec"), 0),
		ActionTimeoutSec: intOr(v.Get("action_timeout_sec"), 0), HealthyThreshold: intOr(v.Get("healthy_threshold"), 0),
		UnhealthyThreshold: intOr(v.Get("unhealthy_threshold"), 0),
		CheckCmd:           v.Get("check_cmd").Str(), ActionCmd: v.Get("action_cmd").Str(), Doc: v, Pos: m.KeyPos,
	}
}

func readMonitor(m *jsondoc.Member) *Monitor {
	if m == nil {
		return nil
	}
	return &Monitor{Enable: m.Value.Get("enable").Bool(), Cmd: m.Value.Get("cmd").Str(), Doc: m.Value, Pos: m.KeyPos}
}

func (s *Spec) readEndpoints(v *jsondoc.Value, e *expander) {
	for _, m := range members(v) {
		if m.Key == "reserved_ips" {
			s.ReservedIPs = reservedIPs(m.Value)
			continue
		}
		ep := Endpoint{Name: m.Key, Protocol: m.Value.Get("protocol").Str(), Pos: m.KeyPos}
		if port := m.Value.Get("port"); port != nil {
			ep.Port = s.port(port, e)
		}
		s.Endpoints = append(s.Endpoints, ep)
	}
}

// port is a number, or the value of the parameter that a reference names:
// env.x, or <role>.env.x.
func (s *Spec) port(v *jsondoc.Value, e *expander) string {
	text := plain(v, ",")
	if _, err := strconv.Atoi(text); err == nil || text == "" {
		return text
	}
	env, key, found := s.Env, "", false
	if key, found = strings.CutPrefix(text, "env."); !found {
		var role string
		if role, key, found = strings.Cut(text, ".env."); found && s.Role(role) != nil {
			env = s.EnvOf(s.Role(role))
		}
	}
	for _, p := range env {
		if found && p.Key == key {
			return p.Value
		}
	}
	e.notes = append(e.notes, fmt.Sprintf("%s: port %q names no parameter and stays as it is", v.Pos, text))
	return text
}

func reservedIPs(v *jsondoc.Value) []ReservedIP {
	var out []ReservedIP
	for _, m := range members(v) {
		out = append(out, ReservedIP{m.Key, m.Value.Get("value").Str(), m.KeyPos})
	}
	return out
}
