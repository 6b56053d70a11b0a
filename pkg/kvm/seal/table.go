package seal

import "slices"

// Operations is the table of what is done, in its order. Paths are those of
// the distributions in platform.md section 2 and of today's.
func Operations() []Operation {
	return slices.Concat(agentOperations(), identityOperations(), traceOperations(), keyOperations())
}

func agentOperations() []Operation {
	return []Operation{{
		Name: "agent",
		Doc:  "the agent's service is stopped and does not start at boot (the platform starts it); its confd.toml, which the platform writes, and the content of its logs go",
		Rules: slices.Concat([]Rule{{How: Agent}}, removes("/etc/confd/confd.toml", "/opt/qingcloud/app-agent/run/*.pid"),
			[]Rule{{How: Logs, Pattern: "/opt/qingcloud/app-agent/log"}}),
	}}
}

func identityOperations() []Operation {
	return []Operation{
		{
			Name: "cloud-init", Doc: "what cloud-init remembers of this instance, so that it runs anew on the next one",
			Rules: []Rule{{How: Empty, Pattern: "/var/lib/cloud", Arg: "seed"}},
		},
		{
			Name: "dhcp-leases", Doc: "leases of DHCP clients, and the ids with which they ask for them",
			Rules: slices.Concat(
				rules(Empty, "/var/lib/dhcp", "/var/lib/dhclient", "/var/lib/dhcp3", "/var/lib/dhcp-client", "/var/lib/udhcpc"),
				removes("/var/lib/dhcpcd/*.lease*", "/var/lib/dhcpcd/duid", "/etc/dhcpcd.duid", "/var/lib/NetworkManager/*.lease", "/var/lib/NetworkManager/secret_key",
					"/var/lib/NetworkManager/timestamps", "/var/lib/NetworkManager/seen-bssids", "/var/lib/wicked/lease-*", "/var/lib/wicked/duid.xml", "/var/lib/wicked/iaid.xml")),
		},
		{
			Name: "udev-net-rules", Doc: "udev's rules that bind the names of network cards and drives to this machine's hardware",
			Rules: removes("/etc/udev/rules.d/70-persistent-net.rules", "/etc/udev/rules.d/70-persistent-cd.rules", "/dev/.udev/rules.d/*"),
		},
		{
			Name: "net-hwaddr", Doc: "hardware addresses in the files of network interfaces",
			Rules: []Rule{
				{How: Lines, Pattern: "/etc/sysconfig/network-scripts/ifcfg-*", Arg: `^[[:space:]]*\(HWADDR\|UUID\)=`},
				{How: Lines, Pattern: "/etc/sysconfig/network/ifcfg-*", Arg: `^[[:space:]]*\(HWADDR\|LLADDR\)=`},
			},
		},
		{
			Name: "registration", Doc: "this machine's registration with distributors",
			Rules: slices.Concat(
				removes("/etc/sysconfig/rhn/systemid", "/etc/pki/consumer/*.pem", "/etc/pki/entitlement/*.pem", "/var/lib/rhsm/facts/*", "/var/lib/yum/uuid",
					"/var/lib/dnf/countme*", "/etc/zypp/credentials.d/SCCcredentials", "/var/lib/zypp/AnonymousUniqueId", "/etc/smolt/uuid", "/etc/smolt/hw-uuid",
					"/var/lib/ubuntu-advantage/private/machine-token.json")),
		},
		{Name: "disk-ids", Doc: "lists of this machine's disks", Rules: removes("/etc/blkid/blkid.tab*", "/etc/blkid.tab*", "/etc/lvm/devices/system.devices", "/etc/lvm/cache/.cache")},
	}
}

func traceOperations() []Operation {
	return []Operation{
		{Name: "package-caches", Doc: "downloaded packages, package lists, and the caches of pip and npm", Rules: packageCaches()},
		{
			Name: "crash-data", Doc: "core dumps and crash reports",
			Rules: rules(Empty, "/var/crash", "/var/spool/abrt", "/var/lib/systemd/coredump", "/var/lib/apport/coredump"),
		},
		{
			Name: "mail-spool", Doc: "local mail, delivered and waiting",
			Rules: slices.Concat(rules(Truncate, "/var/mail/*", "/var/spool/mail/*"),
				rules(Files, "/var/spool/mqueue", "/var/spool/clientmqueue", "/var/spool/postfix/maildrop", "/var/spool/postfix/deferred", "/var/spool/exim4/input", "/var/spool/exim4/msglog"),
				removes("~/mbox", "~/dead.letter")),
		},
		{
			Name: "passwd-backups", Doc: "old versions of the users' and groups' files",
			Rules: removes("/etc/passwd-", "/etc/shadow-", "/etc/group-", "/etc/gshadow-", "/etc/subuid-", "/etc/subgid-",
				"/var/backups/passwd.bak", "/var/backups/shadow.bak", "/var/backups/group.bak", "/var/backups/gshadow.bak"),
		},
		{
			Name: "installer-files", Doc: "what the system's installer left",
			Rules: slices.Concat(removes("/root/anaconda-ks.cfg", "/root/original-ks.cfg", "/root/initial-setup-ks.cfg", "/root/install.log", "/root/install.log.syslog", "/root/.pki/nssdb/*"),
				rules(Files, "/var/log/installer", "/var/log/anaconda")),
		},
		{
			Name: "tmp", Doc: "temporary files; sockets and the folders of running services stay",
			Rules: rules(Empty, "/tmp", "/var/tmp"),
		},
		{Name: "random-seed", Doc: "the saved seed of the random number generator: machines must not begin with the same one", Rules: []Rule{
			{How: Seed, Pattern: "/var/lib/systemd/random-seed"}, {How: Remove, Pattern: "/var/lib/random-seed"}, {How: Remove, Pattern: "/var/lib/urandom/random-seed"},
			{How: Remove, Pattern: "/var/lib/misc/random-seed"}, {How: Remove, Pattern: "/var/lib/seedrng/seed.*"}, {How: Remove, Pattern: "/boot/loader/random-seed"},
			{How: Remove, Pattern: "/boot/efi/loader/random-seed"}, {How: Remove, Pattern: "/efi/loader/random-seed"},
		}},
		{Name: "shell-history", Doc: "the history of shells, editors and database clients", Rules: histories()},
		{
			Name: "accounting", Doc: "process accounting and system activity",
			Rules: slices.Concat(rules(Truncate, "/var/account/pacct", "/var/log/account/pacct", "/var/log/pacct"), removes("/var/log/account/pacct.*", "/var/account/pacct-*"), rules(Files, "/var/log/sa", "/var/log/sysstat")),
		},
		{Name: "journal", Doc: "systemd's journal; until the next boot it is kept in memory", Rules: []Rule{{How: Journal, Pattern: "/var/log/journal"}}},
		{
			Name: "utmp", Doc: "records of logins",
			Rules: slices.Concat(rules(Records, "/var/log/wtmp", "/var/log/btmp", "/var/log/lastlog", "/var/log/faillog", "/var/log/tallylog", "/var/run/utmp"),
				removes("/var/log/wtmp[.-]*", "/var/log/btmp[.-]*"), rules(Truncate, "/var/lib/wtmpdb/wtmp.db", "/var/lib/lastlog/lastlog2.db")),
		},
		{Name: "logs", Doc: "the content of everything below /var/log; files that services write to stay, rotated ones go", Rules: []Rule{{How: Logs, Pattern: "/var/log"}}},
		{Name: "machine-id", Doc: "the machine's id; the next boot makes a new one", Rules: []Rule{{How: MachineID, Pattern: "/etc/machine-id"}}},
	}
}

func packageCaches() []Rule {
	return slices.Concat(
		rules(Files, "/var/cache/apt/archives", "/var/lib/apt/lists", "/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5", "/var/lib/dnf/system-upgrade", "/var/cache/zypp",
			"/var/cache/apk", "/var/cache/PackageKit", "/var/lib/snapd/cache", "~/.cache/pip", "~/.npm/_cacache", "~/.cache/yarn", "~/.cache/go-build"),
		removes("/var/cache/apt/*.bin"))
}

func histories() []Rule {
	return removes("~/.bash_history", "~/.ash_history", "~/.sh_history", "~/.history", "~/.zsh_history", "~/.zhistory", "~/.histfile", "~/.ksh_history",
		"~/.local/share/fish/fish_history", "~/.python_history", "~/.node_repl_history", "~/.irb_history", "~/.mysql_history", "~/.mariadb_history",
		"~/.psql_history", "~/.rediscli_history", "~/.mongodb/mongosh/*_history", "~/.dbshell", "~/.sqlite_history", "~/.lesshst", "~/.viminfo", "~/.vim/.netrwhist",
		"~/.local/state/nvim/shada/*", "~/.nano_history", "~/.local/share/nano/search_history", "~/.wget-hsts")
}

func keyOperations() []Operation {
	return []Operation{
		{
			Name: "ssh-user-keys", Doc: "the users' own SSH keys and the machines that they have known",
			Rules: removes("~/.ssh/known_hosts", "~/.ssh/known_hosts.old", "~/.ssh/id_*", "~/.ssh/identity", "~/.ssh/identity.pub"),
		},
		{
			Name: "authorized-keys", Doc: "the keys with which users log in", Last: true,
			Rules: rules(Truncate, "~/.ssh/authorized_keys", "~/.ssh/authorized_keys2"),
		},
		{
			Name: "ssh-host-keys", Doc: "the host keys of the SSH server, which the next boot makes anew; where the distribution does not see to that, a service for it is added", Last: true,
			Rules: []Rule{{How: HostKeys}, {How: Remove, Pattern: "/etc/ssh/ssh_host_*"}},
		},
	}
}
