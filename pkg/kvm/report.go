package kvm

import "time"

// Phase is a step of the work on a machine.
type Phase string

// The phases, in their order.
const (
	PhaseConnect   Phase = "connect"
	PhaseFacts     Phase = "facts"
	PhasePreflight Phase = "preflight"
	PhaseLock      Phase = "lock"
	PhaseUpload    Phase = "upload"
	PhaseInstall   Phase = "install"
	PhaseProvision Phase = "provision"
	PhaseConfigure Phase = "configure"
	PhaseVerify    Phase = "verify"
	PhaseReport    Phase = "report"
)

// Event says that a phase of a machine begins, or what is to be told in it.
type Event struct {
	Host  string
	Phase Phase
	Note  string // "" where the phase begins
	// Output says that Note is a line that a script of the project has printed.
	Output bool
}

// Report is what became of one machine.
type Report struct {
	Host    string        `json:"host"`
	Job     string        `json:"job"` // the command
	OK      bool          `json:"ok"`
	Changed bool          `json:"changed"`
	Facts   *Facts        `json:"facts,omitempty"`
	Agent   string        `json:"agent,omitempty"`   // which bundle
	Version string        `json:"version,omitempty"` // what the installed daemon says
	Changes []Action      `json:"changes"`
	Notes   []string      `json:"notes,omitempty"`
	Phases  []PhaseTime   `json:"phases"`
	Failed  Phase         `json:"failed,omitempty"`
	Error   string        `json:"error,omitempty"`
	Hints   []string      `json:"hints,omitempty"`
	Took    time.Duration `json:"took_ns"`

	Err error `json:"-"`
}

// PhaseTime is how long a phase took.
type PhaseTime struct {
	Phase Phase         `json:"phase"`
	Took  time.Duration `json:"took_ns"`
}
