package app

import (
	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
)

// Spec is cluster.json.mustache, evaluated. Doc has all of it, unknown keys
// too; places are those in the .mustache file.
type Spec struct {
	File                     string
	Doc                      *jsondoc.Value
	Name, Description, VxNet string
	Roles                    []*Role // replicas included, behind their master
	Env                      []Param // cluster-wide
	Endpoints                []Endpoint
	ReservedIPs              []ReservedIP
	Links                    []Link
	MetadataRootAccess       bool
	ServerIDUpperBound       int          // 0: none
	HealthCheck              *HealthCheck // nil: none
	Monitor                  *Monitor     // nil: none
	UpgradingPolicy          string
	VerticalScalingPolicy    string
	BackupPolicy             string
	AdvancedActions          []string
	UpgradePolicy            []string // app version ids
	Notes                    []string // stand-ins that were used for values without a default

	properties map[*jsondoc.Value]*Property
}

// Param is an env parameter.
type Param struct {
	Key      string
	Value    string            // as templates see it
	Sub      map[string]string // of an accesskey: access_key_id, secret_access_key; else nil
	Doc      *jsondoc.Value    // the expanded value
	Pos      diag.Pos          // of the key
	Property *Property         // that the value came from; nil if it is written in cluster.json.mustache itself
}

// Secret reports whether the value must not be shown.
func (p Param) Secret() bool { return p.Property.Secret() }

// Role is one entry of `nodes`, or the replica role that it brings.
type Role struct {
	Name                  string // "" where the app has one unnamed role
	IsReplica             bool   // it is the role that `replica: n` of another one brings
	ReplicaOf             string // of a replica role: the role it belongs to
	Replica               int    // replicas per node; in a replica role those of its master
	Container             Container
	Count                 int     // of a replica role: that of all its groups
	CPU, Memory, GPU      int     // memory in MiB
	InstanceClass         int     // -1 where it is not said
	Volume                *Volume // nil: no volume at all
	Env                   []Param // the role's own
	HasEnv                bool    // tells an empty env from none
	Services              map[string]*Service
	HealthCheck           *HealthCheck // the role's own; nil: the cluster's counts
	Monitor               *Monitor     // the role's own; nil: the cluster's counts
	UserAccess            bool
	Passphraseless        string // ssh-dsa or ssh-rsa
	ServerIDUpperBound    int    // 0: none
	VerticalScalingPolicy string
	AgentInstalled        bool // true where it is not said
	AdvancedActions       []string
	CustomMetadata        *Service
	ReservedIPs           []ReservedIP
	Doc                   *jsondoc.Value
	Pos                   diag.Pos // of the role's object
}

// Container is a role's image.
type Container struct {
	Type, Image, Zone string
	Doc               *jsondoc.Value
	Pos               diag.Pos // of the image's value, else of the object
}

// Volume is a role's volume. Mounts is never empty: /data where none is named.
type Volume struct {
	Size                     int // GiB, of all mounts together
	Class                    int // -1 where it is not said
	Mounts                   []string
	MountPos                 []diag.Pos // of each mount; of the volume for the default
	Filesystem, MountOptions string
	Doc                      *jsondoc.Value
	Pos                      diag.Pos
}

// Service is a command that the scheduler runs.
type Service struct {
	Name             string
	Custom           bool
	Cmd              string
	Order, Timeout   int // timeout in seconds, 600 where it is not said
	NodesToExecuteOn int // 0: all
	PreCheck         string
	PostStartService bool
	PostStopService  bool
	AllowForce       bool
	Params           []Param // service_params
	Doc              *jsondoc.Value
	Pos, CmdPos      diag.Pos // of the name, of the command
}

// Endpoint is a service that the cluster offers.
type Endpoint struct {
	Name, Port, Protocol string // a port that names a parameter (env.port, <role>.env.port) is replaced by its value
	Pos                  diag.Pos
}

// ReservedIP is an address that the platform keeps for the cluster, or for a role.
type ReservedIP struct {
	Name, Value string
	Pos         diag.Pos
}

// Link is another cluster that this one uses; Value is its id, "" where the
// user chooses none.
type Link struct {
	Name, Value string
	Required    bool // the user must choose one
	Pos         diag.Pos
}

// HealthCheck is health_check; times in seconds.
type HealthCheck struct {
	Enable                                    bool
	IntervalSec, TimeoutSec, ActionTimeoutSec int
	HealthyThreshold, UnhealthyThreshold      int
	CheckCmd, ActionCmd                       string
	Doc                                       *jsondoc.Value
	Pos                                       diag.Pos
}

// Monitor is monitor; its items are read from Doc by those who judge them.
type Monitor struct {
	Enable bool
	Cmd    string
	Doc    *jsondoc.Value
	Pos    diag.Pos
}

// Role is the role called name ("" for an app without named roles), or nil.
func (s *Spec) Role(name string) *Role {
	for _, r := range s.Roles {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// RoleNames are the names of all roles, replicas included.
func (s *Spec) RoleNames() []string {
	var names []string
	for _, r := range s.Roles {
		names = append(names, r.Name)
	}
	return names
}

// EnvOf is what the role's nodes see at /env: its own parameters if it has
// any, else the cluster's.
func (s *Spec) EnvOf(r *Role) []Param {
	if r.HasEnv {
		return r.Env
	}
	return s.Env
}

// Property is the property of config.json that the value v of Doc came from,
// where v is a single variable; else nil.
func (s *Spec) Property(v *jsondoc.Value) *Property { return s.properties[v] }
