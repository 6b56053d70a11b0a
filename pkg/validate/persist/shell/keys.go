package shell

import (
	"path"
	"strings"
)

// made tells of what is made once and cannot be made again: accounts, keys, the
// authority of a cluster.
func (w *walker) made(k call, v Value, what string) {
	if strings.Contains(v.Text, "/") && !strings.HasPrefix(v.Text, "/dev/") || w.dir != "" && v.Text != "" {
		w.emit(Event{Op: Made, Path: v.Text, Name: what, Command: k.name, At: v.At, Use: v.use(), Base: v.Base, Guarded: w.maybe})
	}
}

// keys knows commands that make keys and accounts; false where k is none.
func (w *walker) keys(k call) bool {
	switch k.name {
	case "easyrsa":
		w.easyRSA(k)
	case "openssl":
		w.openSSL(k)
	case "htpasswd", "htdigest", "mosquitto_passwd":
		w.accounts(k)
	case "ssh-keygen":
		if file, ok := after(k, "-f"); ok && !named(k, "-R", "-F", "-l", "-y", "-e", "-i") && !strings.HasPrefix(file.Text, "/etc/ssh/") {
			w.made(k, file, "a key of ssh")
		}
	case "keytool":
		if file, ok := after(k, "-keystore", "-destkeystore"); ok && named(k, "-genkey", "-genkeypair", "-genseckey") {
			w.made(k, file, "a store of keys")
		}
	case "bootnode":
		if file, ok := after(k, "-genkey", "--genkey"); ok {
			w.made(k, file, "the key of a node")
		}
	case "cfssljson":
		if file, ok := after(k, "-bare"); ok {
			w.made(k, file, "certificates")
		}
	case "ceph-authtool":
		if file := operand(k, "-n --name --cap -a --add-key -p"); named(k, "-C", "--create-keyring") && file != nil {
			w.made(k, *file, "a keyring")
		}
	case "openvpn":
		if file := last(k); named(k, "--genkey") && len(k.args) > 1 && !strings.HasPrefix(file.Text, "-") {
			w.made(k, file, "a key of a VPN")
		}
		w.options(k)
	default:
		return false
	}
	return true
}

// after is the word behind one of the options.
func after(k call, options ...string) (Value, bool) {
	for i, a := range k.args {
		for _, o := range options {
			if a.Text == o && i+1 < len(k.args) {
				return k.args[i+1], true
			}
		}
	}
	return Value{}, false
}

// operand is the first word that is no option; nil where there is none. with are
// the options that take the next word.
func operand(k call, with string) *Value {
	_, operands := split(k.args, with)
	if len(operands) == 0 {
		return nil
	}
	return &operands[0]
}

func named(k call, words ...string) bool {
	for _, a := range k.args {
		for _, w := range words {
			if a.Text == w {
				return true
			}
		}
	}
	return false
}

func last(k call) Value {
	if len(k.args) == 0 {
		return Value{}
	}
	return k.args[len(k.args)-1]
}

// easyRSA makes an authority: below --pki-dir, $EASYRSA_PKI, or pki/ of the folder
// that it is called in.
func (w *walker) easyRSA(k call) {
	if !named(k, "init-pki", "build-ca", "build-server-full", "build-client-full", "gen-req", "sign-req") {
		return
	}
	for _, a := range k.args {
		if dir, ok := strings.CutPrefix(a.Text, "--pki-dir="); ok {
			a.Text = dir
			w.made(k, a, "the keys of an authority")
			return
		}
	}
	if set := w.vars["EASYRSA_PKI"]; len(set) > 0 {
		w.made(k, set[0], "the keys of an authority")
		return
	}
	if w.dir != "" && len(k.args) > 0 {
		at := k.args[0]
		at.Text = path.Join(w.dir, "pki")
		w.made(k, at, "the keys of an authority")
	}
}

// openSSL makes keys, and certificates that sign themselves.
func (w *walker) openSSL(k call) {
	if len(k.args) == 0 {
		return
	}
	switch k.args[0].Text {
	case "genrsa", "genpkey", "gendsa", "rand":
		if file, ok := after(k, "-out"); ok {
			w.made(k, file, "a key")
		}
	case "ecparam":
		if file, ok := after(k, "-out"); ok && named(k, "-genkey") {
			w.made(k, file, "a key")
		}
	case "req":
		if file, ok := after(k, "-keyout"); ok {
			w.made(k, file, "a key")
		} else if file, ok := after(k, "-out"); ok && named(k, "-x509") {
			w.made(k, file, "a certificate")
		}
	}
}

// accounts adds to a file of accounts: its first operand.
func (w *walker) accounts(k call) {
	options, operands := split(k.args, "-C")
	if short(options, "n") || short(options, "v") || short(options, "D") || len(operands) == 0 {
		return
	}
	w.made(k, operands[0], "accounts")
}
