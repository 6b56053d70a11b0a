package ssh

import (
	"net"
	"syscall"
)

// quickAck has what arrives acknowledged at once. OpenSSH's server lets a short
// message wait until the one before it is acknowledged (Nagle), and the kernel
// here would take 40 ms over that; each command has several. The kernel forgets
// the wish, so it is told again with each read. It returns nil where conn is no
// TCP connection.
func quickAck(conn net.Conn) func() {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	set := func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1) // only speed is lost
	}
	return func() { _ = raw.Control(set) }
}
