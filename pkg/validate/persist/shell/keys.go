package shell

import (
	"path"
	"slices"
	"strings"
)

// keys knows commands that make keys and accounts; false where k is none.
func (w *walker) keys(k call) bool {
	switch k.name {
	case "easyrsa":
		w.easyRSA(k)
	case "openssl":
		w.openSSL(k)
	case "htpasswd", "htdigest", "mosquitto_passwd":
		w.accounts(k)
	case "dropbearkey":
		w.madeAfter(k, "a key of ssh", "-f")
	case "useradd", "adduser", "chpasswd", "passwd", "smbpasswd", "pdbedit":
		w.account(k)
	case "saslpasswd2":
		w.madeOr(k, "accounts", "/etc/sasldb2", "-f")
	case "pure-pw":
		if named(k, "useradd", "usermod", "passwd") {
			w.madeOr(k, "accounts", "/etc/pureftpd.passwd", "-f")
		}
	case "ftpasswd":
		w.madeAfter(k, "accounts", "--file")
	case "age-keygen":
		w.madeAfter(k, "a key", "-o", "--output")
	case "certtool":
		if named(k, "-p", "--generate-privkey", "-s", "--generate-self-signed", "-c", "--generate-certificate") {
			w.madeAfter(k, "a certificate", "--outfile")
		}
	case "mkcert":
		w.madeAfter(k, "a key", "-key-file")
		w.madeAfter(k, "a certificate", "-cert-file")
	case "certbot", "certbot-auto", "letsencrypt":
		if !named(k, "renew", "certificates", "--version", "--dry-run") && len(k.args) > 0 {
			w.madeOr(k, "certificates", "/etc/letsencrypt", "--config-dir")
		}
	case "gitlab-ctl": // it makes the keys of the database's columns when it is first called
		if named(k, "reconfigure") {
			w.made(k, Value{Text: "/etc/gitlab/gitlab-secrets.json", At: k.args[0].use()}, "secrets")
		}
	case "gitlab-runner":
		if named(k, "register") {
			w.madeOr(k, "the token of a runner", "/etc/gitlab-runner/config.toml", "--config", "-c")
		}
		w.options(k)
	case "step":
		if _, operands := split(k.args, "--profile --ca --ca-key --not-after --kty --size --san --password-file"); len(operands) > 4 && operands[0].Text == "certificate" && operands[1].Text == "create" {
			w.made(k, operands[3], "a certificate")
			w.made(k, operands[4], "a key")
		}
	case "elasticsearch-certutil":
		w.madeAfter(k, "certificates", "--out", "-out")
	case "rndc-confgen", "dnssec-keygen", "opendkim-genkey":
		w.madeAfter(k, "a key", "-c", "-K", "-D", "--directory")
	case "read":
		w.reads(k)
	case "dd":
		w.random(k)
	case "ssh-keygen":
		if file, ok := after(k, "-f"); ok && !named(k, "-R", "-F", "-l", "-y", "-e", "-i") && !strings.HasPrefix(file.Text, "/etc/ssh/") {
			w.made(k, file, "a key of ssh")
		}
	case "keytool":
		if file, ok := after(k, "-keystore", "-destkeystore"); ok && named(k, "-genkey", "-genkeypair", "-genseckey", "-importkeystore", "-import", "-importcert") {
			if !strings.HasSuffix(file.Text, "cacerts") { // what an image brings
				w.made(k, file, "a store of keys")
			}
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

// madeAfter tells of the file that one of the options names.
func (w *walker) madeAfter(k call, what string, options ...string) {
	if file, ok := after(k, options...); ok {
		w.made(k, file, what)
	}
}

// madeOr is madeAfter for a program that writes a file of its own where no option says
// another.
func (w *walker) madeOr(k call, what, otherwise string, options ...string) {
	file, ok := after(k, options...)
	if !ok && len(k.args) > 0 {
		file = Value{Text: otherwise, At: k.args[0].use()}
	}
	w.made(k, file, what)
}

// random is dd from a source of numbers at random.
func (w *walker) random(k call) {
	if !named(k, "if=/dev/urandom", "if=/dev/random") {
		return
	}
	for _, a := range k.args {
		if file, ok := strings.CutPrefix(a.Text, "of="); ok {
			a.Text = file
			w.made(k, a, "a secret")
		}
	}
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
		if slices.Contains(words, a.Text) {
			return true
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
	case "rand":
		w.madeAfter(k, "a secret", "-out")
	case "genrsa", "genpkey", "gendsa", "rsa", "ec", "pkey", "pkcs8", "pkcs12", "dhparam":
		w.madeAfter(k, "a key", "-out")
	case "x509":
		if named(k, "-req", "-signkey", "-CA") {
			w.madeAfter(k, "a certificate", "-out")
		}
	case "ca":
		w.madeAfter(k, "a certificate", "-out")
	case "ecparam":
		if file, ok := after(k, "-out"); ok && named(k, "-genkey") {
			w.made(k, file, "a key")
		}
	case "req":
		w.madeAfter(k, "a key", "-keyout")
		if named(k, "-x509") {
			w.madeAfter(k, "a certificate", "-out")
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
