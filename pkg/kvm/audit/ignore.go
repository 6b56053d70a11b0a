package audit

import (
	"path"
	"strings"
)

// ignored lists what is never an app's persistent data. An entry that ends in
// "/" stands for everything below; others are patterns of path.Match, for a
// whole path, or for a name where there is no "/" in them.
func ignored() []string {
	var all []string
	for _, group := range [][]string{agentFiles(), systemState(), systemLogs(), systemConfig(), passing()} {
		all = append(all, group...)
	}
	return all
}

func agentFiles() []string {
	return []string{
		"/opt/qingcloud/app-agent/", "/etc/confd/", "/var/lib/appimg/", "/etc/init.d/confd", "/etc/logrotate.d/app-agent",
		"/etc/systemd/system/confd.service", "/etc/init/confd.conf", "/etc/init/confd.override",
	}
}

// systemState is kept by the system for itself, of no use on another machine.
func systemState() []string {
	return []string{
		"/var/lib/dpkg/", "/var/lib/apt/", "/var/lib/rpm/", "/var/lib/dnf/", "/var/lib/yum/", "/var/lib/zypp/", "/lib/apk/", "/usr/lib/apk/", "/var/lib/PackageKit/", "/usr/lib/sysimage/",
		"/var/lib/systemd/", "/var/lib/dhcp/", "/var/lib/dhclient/", "/var/lib/dhcpcd/", "/var/lib/NetworkManager/", "/var/lib/dbus/", "/var/lib/cloud/", "/var/lib/ucf/", "/var/lib/pam/",
		"/var/lib/polkit-1/", "/var/lib/chrony/", "/var/lib/ntp/", "/var/lib/ntpsec/", "/var/lib/misc/", "/var/lib/urandom/", "/var/lib/random-seed", "/var/lib/seedrng/", "/var/lib/rsyslog/",
		"/var/lib/sudo/", "/var/db/sudo/", "/var/lib/selinux/", "/var/lib/sss/", "/var/lib/initramfs-tools/", "/var/lib/update-notifier/", "/var/lib/update-manager/", "/var/lib/ubuntu-advantage/",
		"/var/lib/command-not-found/", "/var/lib/man-db/", "/var/lib/alternatives/", "/var/lib/AccountsService/", "/var/lib/fwupd/", "/var/lib/snapd/", "/var/lib/udisks2/", "/var/lib/plymouth/",
		"/var/lib/authselect/", "/var/lib/tuned/", "/var/lib/rhsm/", "/var/lib/wtmpdb/", "/var/lib/lastlog/", "/var/lib/logrotate*", "/var/lib/logrotate/", "/var/lib/aide/", "/var/lib/mlocate/",
		"/var/lib/plocate/", "/var/lib/openrc/", "/var/lib/wicked/", "/var/lib/shells.state", "/var/spool/anacron/", "/var/spool/rsyslog/", "/var/backups/", "/var/crash/", "/var/lib/usbutils/",
		"/boot/", "/var/lib/ebtables/", "/var/lib/private/systemd/", "/var/lib/kdump/",
	}
}

// systemLogs are those of the system, whatever has been appended to their names
// by rotation. The logs of apps are data.
func systemLogs() []string {
	var out []string
	for _, name := range strings.Fields(`syslog messages auth.log secure kern.log daemon.log debug user.log maillog mail.log mail.err mail.info mail.warn cron cron.log
		boot.log dmesg wtmp btmp lastlog faillog tallylog dpkg.log alternatives.log bootstrap.log fontconfig.log cloud-init yum.log dnf. hawkey.log zypper.log zypp
		firewalld apport.log ubuntu-advantage landscape spooler lpr.log news rc.log ntpstats grubby kdump.log tuned.log`) {
		out = append(out, "/var/log/"+name+"*")
	}
	return append(out, "/var/log/apt/", "/var/log/journal/", "/var/log/audit/", "/var/log/installer/", "/var/log/anaconda/", "/var/log/unattended-upgrades/", "/var/log/sysstat/", "/var/log/sa/",
		"/var/log/fsck/", "/var/log/tuned/", "/var/log/chrony/", "/var/log/zypp/", "/var/log/YaST2/", "/var/log/cloud/", "/var/log/sssd/", "/var/log/dist-upgrade/", "/var/log/private/")
}

// systemConfig is what the system and the platform write for this one machine.
func systemConfig() []string {
	return []string{
		"/etc/machine-id", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/etc/resolvconf/", "/etc/mtab", "/etc/adjtime", "/etc/localtime", "/etc/timezone", "/etc/ld.so.cache", "/etc/.updated",
		"/etc/.pwd.lock", "/etc/passwd", "/etc/passwd-", "/etc/shadow", "/etc/shadow-", "/etc/group", "/etc/group-", "/etc/gshadow", "/etc/gshadow-", "/etc/subuid", "/etc/subuid-", "/etc/subgid",
		"/etc/subgid-", "/etc/fstab", "/etc/netplan/", "/etc/network/", "/etc/sysconfig/network-scripts/", "/etc/sysconfig/network/", "/etc/NetworkManager/", "/etc/ssh/ssh_host_*", "/etc/ssl/certs/",
		"/etc/ca-certificates/", "/etc/pki/", "/etc/lvm/", "/etc/selinux/", "/etc/cloud/", "/etc/udev/rules.d/70-persistent-*", "/etc/default/locale", "/etc/locale.conf", "/etc/dhcpcd.duid",
		"/etc/apk/", "/etc/systemd/system/appimg-ssh-keygen.service", "/etc/init.d/appimg-ssh-keygen", "/etc/init/appimg-ssh-keygen.conf",
	}
}

// passing is what may go at any time: pid files, locks, caches, what shells keep.
func passing() []string {
	return []string{
		"*.pid", "*.lock", "*.lck", "*.sock", "*.pyc", "*.swp", "lost+found",
		".*_history", ".bashrc", ".bash_profile", ".bash_logout", ".profile", ".viminfo", ".lesshst", ".wget-hsts", ".sudo_as_admin_successful",
		"/run/", "/var/run/", "/var/lock/", "/tmp/", "/var/tmp/", "/var/cache/", "/root/.ssh/", "/home/*/.ssh/*", "/usr/share/mime/", "/usr/share/info/dir", "/usr/lib/locale/locale-archive",
		"/usr/lib/udev/hwdb.bin", "/etc/udev/hwdb.bin",
	}
}

// ignores is ignored, split for quick looks.
type ignores struct {
	below    map[string]bool // folders, without the slash at their end
	patterns []string        // of whole paths
	names    []string
}

func newIgnores(list []string) *ignores {
	ig := &ignores{below: map[string]bool{}}
	for _, p := range list {
		switch {
		case strings.HasSuffix(p, "/"):
			ig.below[strings.TrimSuffix(p, "/")] = true
		case !strings.Contains(p, "/"):
			ig.names = append(ig.names, p)
		default:
			ig.patterns = append(ig.patterns, p)
		}
	}
	return ig
}

// cacheFolder reports whether the content of folders of this name may go at any time.
func cacheFolder(name string) bool {
	switch name {
	case "cache", ".cache", "Cache", "__pycache__", "tmp":
		return true
	}
	return false
}

// has reports whether a file is ignored.
func (ig *ignores) has(file string) bool {
	for dir := path.Dir(file); dir != "/" && dir != "."; dir = path.Dir(dir) {
		if ig.below[dir] || cacheFolder(path.Base(dir)) {
			return true
		}
	}
	return matchAny(ig.names, path.Base(file)) || matchAny(ig.patterns, file)
}

func matchAny(patterns []string, s string) bool {
	for _, p := range patterns {
		if ok, err := path.Match(p, s); ok && err == nil { // the patterns are those of this file: a test reads them
			return true
		}
	}
	return false
}
