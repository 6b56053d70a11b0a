package shell

import (
	"path"
	"slices"
	"strings"

	"github.com/appimg/appimg/pkg/lazyregexp"
)

// secretWords are the words of which one tells a program to print a new secret; ok is
// false where the program prints none, words is "" where it prints nothing else.
func secretWords(program string) (words string, ok bool) {
	switch program {
	case "pwgen", "uuidgen", "dbus-uuidgen", "mcookie", "makepasswd", "mkpasswd", "pwmake", "apg", "xkcdpass", "age-keygen",
		"elasticsearch-reset-password", "elasticsearch-create-enrollment-token", "elasticsearch-setup-passwords", "tsig-keygen":
		return "", true
	case "openssl":
		return "rand genrsa genpkey ecparam passwd", true
	case "wg":
		return "genkey genpsk", true
	case "vault", "boundary", "bao":
		return "init create", true
	case "consul", "nomad":
		return "keygen bootstrap create", true
	case "influx":
		return "setup create", true
	case "kubeadm":
		return "create generate certificate-key", true
	case "k3s", "rke2":
		return "create", true
	case "kubectl":
		return "token", true
	case "docker":
		return "join-token", true
	case "mysqld":
		return "--initialize", true
	case "kafka-storage.sh", "kafka-storage":
		return "random-uuid", true
	case "gitea", "forgejo":
		return "generate", true
	case "htpasswd":
		return "-n -nb -nbB -nB -bn -bnB -nbm -nbs", true
	case "slappasswd":
		return "-g", true
	case "cfssl":
		return "gencert genkey selfsign", true
	case "ipsec", "pki":
		return "--gen --self --issue", true
	case "kibana-encryption-keys":
		return "generate", true
	case "nats":
		return "nkey", true
	case "nk", "gpg", "gpg2":
		return "-gen --gen-random", true
	}
	return "", false
}

// newSecret reports whether a command prints a secret that was not there before.
func newSecret(k call) bool {
	k = inner(k)
	if words, ok := secretWords(k.name); ok && (words == "" || named(k, strings.Fields(words)...)) {
		return true
	}
	if named(k, "/dev/urandom", "/dev/random", "/proc/sys/kernel/random/uuid") {
		return k.name != "dd" || !slices.ContainsFunc(k.args, func(a Value) bool { return strings.HasPrefix(a.Text, "of=") })
	}
	switch k.name {
	case "python", "python2", "python3", "perl", "ruby", "node", "php", "sh", "bash":
		return slices.ContainsFunc(k.args, func(a Value) bool {
			return randomCode.MatchString(a.Text) || secretMaker.MatchString(path.Base(a.Text))
		})
	case "curl", "wget":
		return slices.ContainsFunc(k.args, func(a Value) bool { return randomPage.MatchString(a.Text) })
	case "dd":
		return named(k, "if=/dev/urandom", "if=/dev/random") && !slices.ContainsFunc(k.args, func(a Value) bool { return strings.HasPrefix(a.Text, "of=") })
	case "grep", "awk", "gawk", "sed": // mysqld's first password
		return slices.ContainsFunc(k.args, func(a Value) bool {
			return strings.Contains(a.Text, "temporary password") || strings.Contains(a.Text, "srand(")
		})
	}
	return secretMaker.MatchString(k.name)
}

var (
	// secretMaker matches what scripts are called that print a secret.
	secretMaker = lazyregexp.New(`(?i)^(?:gen|generate|make|create|rand|random)[\-_.]?\w*(?:pass|passwd|password|pwd|secret|token|key|uuid)s?(?:\.\w+)?$`)
	// randomCode matches what programs call for a secret.
	randomCode = lazyregexp.New(`secrets\.|uuid\.?[14]?\(|uuid4|urandom|randomBytes|randomUUID|random_bytes|SecureRandom|random\.(?:choice|sample)|rand\(|Fernet\.generate_key`)
	// randomPage matches addresses that answer with another secret each time.
	randomPage = lazyregexp.New(`/secret-key/|/salt/?$|random\.org/|discovery\.etcd\.io/new|/v1/sys/init$|/v1/acl/bootstrap$`)
)

// hashedClock reports whether a pipe makes a secret of the clock: date +%s | sha256sum.
func hashedClock(from, to call) bool {
	return from.name == "date" && (strings.HasSuffix(to.name, "sum") || to.name == "base64" || to.name == "openssl")
}
