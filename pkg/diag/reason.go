package diag

import (
	"io/fs"
	"net"
	"net/url"
	"os"
)

// Reason is err as a message that has named the object already wants it: why
// alone ("no such file or directory"), without the operation and the path,
// address or URL that the standard library puts before it. The chain of err
// stays whole for errors.Is and errors.As. Other errors come back as they are.
func Reason(err error) error {
	if why, stripped := innermost(err); stripped {
		return Saying(err, why.Error())
	}
	return err
}

// Saying is err with another text; errors.Is and errors.As find all of err in it.
func Saying(err error, text string) error { return &bare{text, err} }

type bare struct {
	text string
	err  error
}

func (b *bare) Error() string { return b.text }
func (b *bare) Unwrap() error { return b.err }

func innermost(err error) (why error, stripped bool) {
	for ; ; stripped = true {
		switch e := err.(type) {
		case *fs.PathError:
			err = e.Err
		case *os.LinkError:
			err = e.Err
		case *os.SyscallError:
			err = e.Err
		case *url.Error:
			err = e.Err
		case *net.OpError:
			err = e.Err
		case *net.DNSError:
			return &bare{text: e.Err}, true
		default:
			return err, stripped
		}
	}
}
