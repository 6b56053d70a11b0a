package shell

import "strings"

// Account is the name of what Made tells of an account of the system or of Samba: it is
// no loss where the start makes it anew.
const Account = "an account"

// Where accounts are, unless a configuration says otherwise.
const (
	SystemAccounts  = "/etc/passwd"
	SystemPasswords = "/etc/shadow"
	SambaAccounts   = "/var/lib/samba/private/passdb.tdb"
)

// account tells of an account whose name the script is told: one of a user, not of a
// server.
func (w *walker) account(k call) {
	options, _ := split(k.args, "")
	file := ""
	switch k.name {
	case "useradd", "adduser":
		if strings.HasPrefix(last(k).Text, "$") {
			file = SystemAccounts
		}
	case "chpasswd", "passwd":
		file = SystemPasswords
	case "smbpasswd":
		if !short(options, "x") && !short(options, "d") {
			file = SambaAccounts
		}
	case "pdbedit":
		if short(options, "a") || short(options, "i") || has(options, "--create") || has(options, "--import") {
			file = SambaAccounts
		}
	}
	if file != "" {
		w.made(k, Value{Text: file, At: Place{Offset: k.at}}, Account)
	}
}
