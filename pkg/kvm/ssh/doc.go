// Package ssh connects to machines as OpenSSH does: with its configuration,
// keys, agents, certificates, known hosts and jump hosts (see pkg/kvm/sshconfig
// and pkg/kvm/hostkeys), and keeps the connection alive. One connection carries
// everything; one that is lost is brought back, and the work goes on.
//
//	d, err := ssh.NewDialer(ssh.Options{Ask: prompt})
//	h, err := d.Dial(ctx, target)
//
// By file: a Dialer (dialer.go) makes one attempt after the other to reach a host
// (connect.go, proxy.go, doors.go), believes its key (hostcheck.go) and logs in
// (auth.go, identity.go, secrets.go). What comes out is a link (link.go). A Host
// (host.go) has one link at a time, finds out how to be root (sudo.go), and does
// what kvm.Host wants over it: run.go, upload.go with flow.go; what windows.Host
// wants is in windows.go.
package ssh
