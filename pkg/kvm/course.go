package kvm

import (
	"fmt"
	"time"

	"github.com/appimg/appimg/pkg/diag"
)

// Course leads the work on a machine through its phases, and writes its report.
type Course struct {
	r     *Report
	event func(Event)
	start time.Time
	phase Phase
	begun time.Time
}

// NewCourse is the beginning of the work that r reports; event hears of every
// phase and note, nil is nobody. Of a report that was ended it takes the rest.
func NewCourse(r *Report, event func(Event)) Course {
	c := Course{r: r, event: event, start: time.Now().Add(-r.Took)}
	c.r.Err, c.r.Error, c.r.Hints, c.r.Failed = nil, "", nil, ""
	return c
}

// Enter begins a phase, which ends the one before; "" only ends that.
func (c *Course) Enter(p Phase) {
	now := time.Now()
	if p == c.phase {
		return
	}
	if c.phase != "" {
		c.r.Phases = append(c.r.Phases, PhaseTime{c.phase, now.Sub(c.begun)})
	}
	c.phase, c.begun = p, now
	if p != "" && c.event != nil {
		c.event(Event{Host: c.r.Host, Phase: p})
	}
}

// Note tells something that stops nothing.
func (c *Course) Note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	c.r.Notes = append(c.r.Notes, text)
	if c.event != nil {
		c.event(Event{Host: c.r.Host, Phase: c.phase, Note: text})
	}
}

// End completes the report: err is what the work ended with.
func (c *Course) End(err error) {
	if err != nil {
		c.r.Failed = c.phase
	}
	c.Enter("")
	c.r.Took = time.Since(c.start)
	c.r.OK, c.r.Err = err == nil, err
	if err != nil {
		c.r.Error, c.r.Hints = err.Error(), diag.Hints(err)
	}
}
