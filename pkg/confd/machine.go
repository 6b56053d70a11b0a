package confd

import (
	"cmp"
	"errors"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"time"
)

// Machine answers what templates ask of the machine they are rendered on. A
// simulation answers itself. It must be safe for concurrent use.
type Machine interface {
	// FileExists tells whether there is no proof that path is absent: with
	// confd a path below a regular file exists, a dangling link does not.
	FileExists(path string) bool
	// Getenv is "" for a variable that is not set.
	Getenv(key string) string
	// LookupIP lists the IPv4 addresses of host, sorted as text; nothing on
	// any failure.
	LookupIP(host string) []string
	// LookupSRV lists the records in a fixed order; nothing on any failure.
	LookupSRV(service, proto, name string) []*net.SRV
	Now() time.Time
}

// LocalMachine is the machine that this process runs on.
func LocalMachine() Machine { return local{} }

type local struct{}

func (local) FileExists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func (local) Getenv(key string) string { return os.Getenv(key) }

func (local) LookupIP(host string) []string {
	found, err := net.LookupIP(host)
	if err != nil {
		return nil
	}
	ips := []string{}
	for _, ip := range found {
		if ip.To4() != nil {
			ips = append(ips, ip.String())
		}
	}
	slices.Sort(ips)
	return ips
}

func (local) LookupSRV(service, proto, name string) []*net.SRV {
	_, records, err := net.LookupSRV(service, proto, name)
	if err != nil {
		return []*net.SRV{}
	}
	slices.SortFunc(records, func(a, b *net.SRV) int {
		return cmp.Or(strings.Compare(a.Target, b.Target), cmp.Compare(a.Port, b.Port),
			cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight))
	})
	return records
}

func (local) Now() time.Time { return time.Now() }
