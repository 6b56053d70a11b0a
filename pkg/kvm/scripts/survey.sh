# What is to be known of a machine, without writing: key=value lines.
put() { printf '%s=%s\n' "$1" "$2"; }
have() { command -v "$1" >/dev/null 2>&1; }

# pairs PREFIX FILE: the file's KEY=VALUE lines, without quotes.
pairs() {
	while IFS='=' read -r key value || [ -n "$key" ]; do
		value=${value#[\"\']}
		case $key in '' | *[!A-Z_]*) ;; *) put "$1.$key" "${value%[\"\']}" ;; esac
	done <"$2"
}
for f in /etc/os-release /usr/lib/os-release; do
	if [ -r "$f" ]; then pairs os "$f"; break; fi
done
if [ -r /etc/lsb-release ]; then pairs lsb /etc/lsb-release; fi
for f in redhat-release centos-release SuSE-release debian_version alpine-release; do
	if [ -r "/etc/$f" ]; then read -r first <"/etc/$f" || [ -n "$first" ]; put "release.$f" "$first"; fi
done
put uname "$(uname -snrm)"
put clock "$(date +%s)"

if [ -r /proc/1/comm ]; then read -r one </proc/1/comm; put pid1 "$one"; fi
if [ -d /run/systemd/system ]; then put init.booted systemd; fi
if [ -x /lib/systemd/systemd ] || [ -x /usr/lib/systemd/systemd ]; then put init.has systemd; fi
if [ -x /sbin/openrc-run ] || [ -x /usr/sbin/openrc-run ]; then put init.has openrc; fi
if [ -x /sbin/initctl ] && /sbin/initctl version 2>/dev/null | grep -q upstart; then put init.has upstart; fi
if [ -d /etc/init.d ]; then put init.has sysv; fi

dirs=/
for d in /opt /etc /var /var/lib; do
	if [ -d "$d" ]; then dirs="$dirs $d"; fi
done
put dirs "$dirs"
# shellcheck disable=SC2086 # the names have no blanks
df -Pk $dirs 2>/dev/null | while IFS= read -r line; do put df "$line"; done
for d in $dirs; do
	if [ ! -w "$d" ]; then put readonly "$d"; fi
done
for t in awk bash flock gzip logrotate restorecon sha256sum stat; do
	if have "$t"; then put tool "$t"; fi
done

home=/opt/qingcloud/app-agent
case $(ls -l /proc/[0-9]*/exe 2>/dev/null) in *" $home/bin/confd"*) put service.running yes ;; esac
if [ -d /run/systemd/system ] && [ -e /etc/systemd/system/confd.service ]; then put service.enabled "$(systemctl is-enabled confd.service 2>/dev/null)"; fi
for f in /etc/rc[2-5].d/S[0-9][0-9]confd /etc/rc.d/rc[2-5].d/S[0-9][0-9]confd /etc/runlevels/default/confd; do
	if [ -e "$f" ] || [ -L "$f" ]; then put service.enabled enabled; break; fi
done

state=/var/lib/appimg
if [ -s "$state/owner" ]; then
	read -r owner <"$state/owner"; put owner "$owner"
	put owner.age "$(($(date +%s) - $(stat -c %Y "$state/owner")))"
fi
if [ -e "$state/journal/index" ]; then
	job=open
	if [ -s "$state/journal/job" ]; then read -r job <"$state/journal/job"; fi
	put journal "$job"
fi
