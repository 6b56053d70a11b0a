// Package ssh connects to machines as OpenSSH does: with its configuration,
// keys, agents, certificates, known hosts and jump hosts (see pkg/kvm/sshconfig
// and pkg/kvm/hostkeys), and keeps the connection alive. One connection carries
// everything; one that is lost is brought back, and the work goes on.
//
//	d, err := ssh.NewDialer(ssh.Options{Ask: prompt})
//	h, err := d.Dial(ctx, target)
package ssh
