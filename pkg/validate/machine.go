package validate

import (
	"net"
	"time"
)

// machine answers what templates ask of the machine: as a new node would that
// has nothing but what the project puts there.
type machine struct{}

func (machine) FileExists(string) bool                      { return false }
func (machine) Getenv(string) string                        { return "" }
func (machine) LookupSRV(string, string, string) []*net.SRV { return nil }
func (machine) Now() time.Time                              { return time.Unix(0, 0).UTC() }
func (machine) LookupIP(host string) []string {
	if ip := net.ParseIP(host); ip != nil {
		return []string{host}
	}
	return nil
}
