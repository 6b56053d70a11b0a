package confd

import (
	"net"
	"os"
	"time"
)

// Machine answers what templates ask of the machine they are rendered on.
type Machine interface {
	FileExists(path string) bool
	Getenv(key string) string
	LookupIP(host string) []string
	LookupSRV(service, proto, name string) []*net.SRV
	Now() time.Time
}

// LocalMachine is the machine that this process runs on.
func LocalMachine() Machine { return local{} }

type local struct{}

func (local) FileExists(path string) bool                      { return false }
func (local) Getenv(key string) string                         { return os.Getenv(key) }
func (local) LookupIP(host string) []string                    { return nil }
func (local) LookupSRV(service, proto, name string) []*net.SRV { return nil }
func (local) Now() time.Time                                   { return time.Now() }
