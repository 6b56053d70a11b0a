# Reads rules from its input, OPERATION|HOW|PATTERN|ARGUMENT, and lines that say
# what to do with those that follow: "=look=" lists what would go, "=do=" removes
# it, "=verify=" lists what is left. Prints OPERATION, HOW, SIZE and PATH with
# tabs between them; OPERATION "note" is a remark.
state=/var/lib/appimg
home=/opt/qingcloud/app-agent
tab='	'
say() { printf '%s\t%s\t%s\t%s\n' "$op" "$1" "$2" "$3"; }
doing() { [ "$mode" = 'do' ]; }
size() { stat -c %s "$1" 2>/dev/null || echo 0; }

# The folders in which users have their things. The system's own are none.
homes=$({ cut -d: -f6 /etc/passwd; for h in /root /home/*; do echo "$h"; done; } | sort -u | while IFS= read -r h; do
	case $h in
	/ | /bin | /sbin | /etc | /dev* | /proc* | /sys* | /run* | /usr/* | /var/run* | /var/mail | /var/spool* | /var/cache* | /nonexistent) continue ;;
	/*) if [ -d "$h" ] && [ ! -L "$h" ]; then printf '%s\n' "$h"; fi ;;
	esac
done)

# What there is for a pattern on the system disk, one per line, by its real folder.
here() {
	for f in "$@"; do
		if [ -e "$f" ] || [ -L "$f" ]; then
			if on_system_disk "${f%/*}/"; then printf '%s/%s\n' "$(cd "${f%/*}/" && pwd -P)" "${f##*/}"; fi
		fi
	done
}
matches() {
	case $1 in
	"~/"*) printf '%s\n' "$homes" | while IFS= read -r h; do (IFS= && here "$h"/${1#"~/"}); done ;;
	*) (IFS= && here $1) ;;
	esac
}
# The folders for a pattern, links resolved.
folders() {
	matches "$1" | while IFS= read -r d; do
		d=$(cd "$d" 2>/dev/null && pwd -P) || continue
		if on_system_disk "$d"; then printf '%s\n' "$d"; fi
	done
}
# each HOW FOLDER EXPRESSION…: lists the files of a folder.
each() {
	as=$1
	in=$2
	shift 2
	find "$in" -xdev "$@" -exec stat -c "$op$tab$as$tab%s$tab%n" {} + 2>/dev/null
}

remove() {
	matches "$1" | while IFS= read -r f; do
		if [ -d "$f" ] && [ ! -L "$f" ]; then continue; fi
		say remove "$(size "$f")" "$f"
		if doing; then rm -f "$f"; fi
	done
}
truncated() {
	matches "$1" | while IFS= read -r f; do
		if [ ! -f "$f" ] || [ -L "$f" ] || [ ! -s "$f" ]; then continue; fi
		if [ "$mode" = verify ] && [ "$2" = records ] && fresh_records "$f"; then continue; fi
		say truncate "$(size "$f")" "$f"
		if doing; then : >"$f"; fi
	done
}
files() {
	folders "$1" | while IFS= read -r d; do
		each remove "$d" -type f ! -name lock
		if doing; then find "$d" -xdev -type f ! -name lock -exec rm -f {} +; fi
	done
}
# Sockets stay, and the folders that running services need: what is in those goes.
empty() {
	keep=$2
	folders "$1" | while IFS= read -r d; do
		set -f
		set -- -mindepth 1
		for k in $keep; do set -- "$@" ! -path "$d/$k" ! -path "$d/$k/*"; done
		set +f
		each remove "$d" "$@" ! -type d ! -type s
		if doing; then find "$d" -xdev "$@" ! -type d ! -type s -exec rm -f {} +; fi
		dev=$(stat -c %d "$d")
		find "$d" -xdev -depth "$@" -type d ! -name 'systemd-private-*' ! -path '*/systemd-private-*/tmp' ! -name '.*-unix' ! -name snap-private-tmp 2>/dev/null | while IFS= read -r sub; do
			if [ "$(stat -c %d "$sub")" != "$dev" ] || [ -n "$(find "$sub" -xdev -type s 2>/dev/null)" ]; then continue; fi
			say remove 0 "$sub"
			if doing; then rmdir "$sub" 2>/dev/null; fi
		done
	done
}
lines() {
	matches "$1" | while IFS= read -r f; do
		if [ ! -f "$f" ] || ! grep -q "$2" "$f"; then continue; fi
		say lines "$(size "$f")" "$f"
		if doing; then
			kept=$(sed "/$2/d" "$f" && echo .) && printf '%s' "${kept%.}" >"$f"
		fi
	done
}

# Since the machine was sealed, logging in to look at it has left its own
# traces: those are not counted.
sealed=
if [ -s "$state/sealed" ]; then read -r sealed <"$state/sealed"; fi
first_record() { od -A n -t d4 -j 340 -N 4 "$1" 2>/dev/null | tr -d ' '; }
fresh_records() {
	if [ -z "$sealed" ]; then return 1; fi
	case $1 in
	*/lastlog) [ "$(tr -d '\0' <"$1" | wc -c)" -le 600 ] ;;
	*) n=$(size "$1") && { [ $((n % 384)) = 0 ] || [ $((n % 400)) = 0 ]; } && [ "$(first_record "$1")" -ge "$sealed" ] ;;
	esac
}
logins='(sshd(-session|-auth)?|systemd(-logind)?|sudo|su|login|CRON|crond?|dbus-daemon|rsyslogd|journal)(\([^)]*\))?(\[[0-9]+\])?: |^type=[A-Z_]+ msg=audit\('
fresh_log() { [ -n "$sealed" ] && ! grep -aEqv "$logins" "$1"; }
fresh_journal() {
	at=$(journalctl --file "$1" -o short-unix --no-pager 2>/dev/null | sed -n '/^[0-9]/{s/[. ].*//p;q;}')
	[ -n "$sealed" ] && [ -n "$at" ] && [ "$at" -ge "$sealed" ]
}

logs() {
	folders "$1" | while IFS= read -r d; do
		old='-name *.gz -o -name *.xz -o -name *.bz2 -o -name *.zst -o -name *.[0-9] -o -name *.[0-9][0-9] -o -name *.old -o -name *-20[0-9][0-9][0-9][0-9][0-9][0-9] -o -name *-20[0-9][0-9][0-9][0-9][0-9][0-9].log -o -name *.[0-9].log'
		set -f
		set --
		for own in journal account pacct sa sysstat installer anaconda 'wtmp*' 'btmp*' lastlog faillog tallylog; do set -- "$@" ! -path "$d/$own" ! -path "$d/$own/*"; done
		each remove "$d" -type f "$@" \( $old \)
		if [ "$mode" = verify ]; then
			find "$d" -xdev -type f "$@" ! \( $old \) -size +0c 2>/dev/null | while IFS= read -r f; do
				if ! fresh_log "$f"; then say truncate "$(size "$f")" "$f"; fi
			done
		else
			each truncate "$d" -type f "$@" ! \( $old \) -size +0c
		fi
		if doing; then
			find "$d" -xdev -type f "$@" \( $old \) -exec rm -f {} +
			find "$d" -xdev -type f "$@" -size +0c -exec sh -c 'for f; do : >"$f"; done' sh {} +
		fi
		set +f
	done
}
journal() {
	folders "$1" | while IFS= read -r d; do
		# journald goes on in memory, or (older ones) in a file that it begins anew.
		if doing; then journalctl --relinquish-var >/dev/null 2>&1 || journalctl --rotate >/dev/null 2>&1; fi
		find "$d" -xdev -type f 2>/dev/null | while IFS= read -r f; do
			if [ "$mode" = verify ] && fresh_journal "$f"; then continue; fi
			say remove "$(size "$f")" "$f"
			if doing; then rm -f "$f"; fi
		done
		if doing; then find "$d" -xdev -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null; fi
	done
}
has_systemd() { [ -e /lib/systemd/systemd ] || [ -e /usr/lib/systemd/systemd ]; }
# systemd takes an empty file for "make one at boot"; "uninitialized" and no file
# at all would make it enable services, too.
machine_id() {
	if [ -s /etc/machine-id ] && ! grep -qx uninitialized /etc/machine-id; then
		if has_systemd; then
			say truncate "$(size /etc/machine-id)" /etc/machine-id
			if doing; then : >/etc/machine-id; fi
		else
			say remove "$(size /etc/machine-id)" /etc/machine-id
			if doing; then rm -f /etc/machine-id; fi
		fi
	fi
	if [ -f /var/lib/dbus/machine-id ] && [ ! -L /var/lib/dbus/machine-id ]; then remove /var/lib/dbus/machine-id; fi
}
# A service that saves the seed at shutdown has done so once it is stopped.
seed() {
	if doing && [ -d /run/systemd/system ]; then systemctl stop systemd-random-seed.service 2>/dev/null; fi
	remove "$1"
}

agent() {
	# shellcheck disable=SC2010 # one ls is one process
	pids=$(ls -l /proc/[0-9]*/exe 2>/dev/null | grep " -> $home/bin/confd" | sed 's|.* /proc/\([0-9]*\)/exe.*|\1|' | tr '\n' ' ')
	if [ -n "$pids" ]; then
		say stop 0 "the service confd (process ${pids% })"
		if doing; then
			if [ -d /run/systemd/system ]; then systemctl stop confd.service
			elif [ -x /etc/init.d/confd ]; then /etc/init.d/confd stop
			fi >/dev/null 2>&1
			for p in $pids; do if [ "$(readlink "/proc/$p/exe")" = "$home/bin/confd" ]; then kill "$p"; fi; done
		fi
	fi
	for l in /etc/systemd/system/*.wants/confd.service /etc/rc[2-5].d/S[0-9][0-9]confd /etc/rc.d/rc[2-5].d/S[0-9][0-9]confd /etc/runlevels/*/confd; do
		if [ ! -L "$l" ]; then continue; fi
		say disable 0 "$l"
		if doing; then rm -f "$l"; fi
	done
}

# makes_keys: something makes host keys at boot where there are none.
makes_keys() {
	if [ -d /run/systemd/system ] || { has_systemd && [ ! -x /sbin/openrc-run ]; }; then
		(
			set --
			for u in /etc/systemd/system /lib/systemd/system /usr/lib/systemd/system; do
				set -- "$@" "$u"/ssh.service "$u"/sshd.service "$u"/ssh.service.d/*.conf "$u"/sshd.service.d/*.conf "$u"/ssh.service.wants/* "$u"/sshd.service.wants/* "$u"/multi-user.target.wants/*key*.service "$u"/ssh.socket
			done
			grep -Eqs 'keygen|gen-?keys' "$@"
		)
		return
	fi
	grep -Eqs 'keygen|gen-?keys' /etc/init.d/ssh /etc/init.d/sshd /etc/init/ssh.conf /etc/init/sshd.conf /etc/init.d/appimg-ssh-keygen /etc/init/appimg-ssh-keygen.conf
}
keygen_unit() {
	mkdir -p /etc/systemd/system/multi-user.target.wants && cat >/etc/systemd/system/appimg-ssh-keygen.service <<-EOF && ln -sf ../appimg-ssh-keygen.service /etc/systemd/system/multi-user.target.wants/appimg-ssh-keygen.service
		[Unit]
		Description=Make the SSH server's host keys where there are none
		ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key
		After=local-fs.target
		Before=ssh.service sshd.service ssh.socket sshd.socket

		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=$1 -A

		[Install]
		WantedBy=multi-user.target
	EOF
}
keygen_job() {
	cat >/etc/init/appimg-ssh-keygen.conf <<-EOF
		description "make the SSH server's host keys where there are none"
		start on starting ssh or starting sshd
		task
		script
			ls /etc/ssh/ssh_host_*_key >/dev/null 2>&1 || exec $1 -A
		end script
	EOF
}
keygen_script() {
	cat >/etc/init.d/appimg-ssh-keygen <<-EOF && chmod 0755 /etc/init.d/appimg-ssh-keygen || return 1
		#!/bin/sh
		# chkconfig: 2345 09 99
		# description: makes the SSH server's host keys where there are none
		### BEGIN INIT INFO
		# Provides:          appimg-ssh-keygen
		# Required-Start:    \$local_fs
		# Required-Stop:
		# X-Start-Before:    ssh sshd
		# Default-Start:     2 3 4 5
		# Default-Stop:
		# Short-Description: make the SSH server's host keys where there are none
		### END INIT INFO
		case \$1 in
		start | restart | force-reload) ls /etc/ssh/ssh_host_*_key >/dev/null 2>&1 || $1 -A ;;
		stop | status) ;;
		*) echo "usage: \$0 start" >&2; exit 3 ;;
		esac
	EOF
	if command -v update-rc.d >/dev/null 2>&1; then update-rc.d appimg-ssh-keygen defaults >/dev/null
	elif command -v chkconfig >/dev/null 2>&1; then chkconfig --add appimg-ssh-keygen
	else
		for r in /etc/rc[2-5].d /etc/rc.d/rc[2-5].d; do if [ -d "$r" ]; then ln -sf /etc/init.d/appimg-ssh-keygen "$r/S09appimg-ssh-keygen" || return 1; fi; done
	fi
}
add_keygen() {
	if [ -d /run/systemd/system ] || has_systemd; then keygen_unit "$1"
	elif [ -x /sbin/initctl ] && [ -d /etc/init ]; then keygen_job "$1"
	elif [ -d /etc/init.d ]; then keygen_script "$1"
	else false; fi
}
keep_keys=
host_keys() {
	if ! command -v sshd >/dev/null 2>&1 && [ ! -d /etc/ssh ]; then return; fi
	if makes_keys; then return; fi
	if [ "$mode" = verify ]; then
		say missing 0 "nothing makes new host keys at the next boot"
		return
	fi
	say add 0 "the service appimg-ssh-keygen, which makes host keys at boot where there are none"
	if doing; then
		program=$(command -v ssh-keygen)
		if [ -z "$program" ] || ! add_keygen "$program"; then
			keep_keys=yes
			printf 'note\t\t0\tthe host keys are kept: nothing on this machine could be told to make new ones at boot\n'
		fi
	fi
}

busy() {
	if [ -s "$state/owner" ] || [ -e "$state/journal/index" ]; then
		echo "another run of appimg works on the machine, or did not come to its end" >&2
		exit 75
	fi
	at_work=$(grep -lxE 'apt|apt-get|aptitude|dpkg|yum|dnf|rpm|zypper|apk|pacman' /proc/[0-9]*/comm 2>/dev/null | head -n 1)
	if [ -n "$at_work" ]; then
		read -r name <"$at_work"
		echo "$name is at work on the machine (process $(echo "$at_work" | tr -dc 0-9))" >&2
		exit 75
	fi
}
# A shell writes its history when it ends, after all this.
shells() {
	grep -lxE '(bash|zsh|ksh|fish)' /proc/[0-9]*/comm 2>/dev/null | while IFS= read -r c; do
		tty=$(readlink "${c%/comm}/fd/0" 2>/dev/null)
		case $tty in
		/dev/pts/* | /dev/tty*) printf 'note\t\t0\tsomebody is logged in on %s: that shell writes its history when it ends\n' "$tty" ;;
		esac
	done
}

did=
exec 3<&0 </dev/null
while IFS='|' read -r op how pattern arg <&3; do
	case $op in
	=*=)
		mode=$(echo "$op" | tr -d =)
		echo "$op"
		if doing; then
			did=yes
			busy
			mkdir -p /var/lib && { [ -d "$state" ] || mkdir -m 0700 "$state"; } && { [ -s "$state/sealed" ] && [ -n "$how" ] || date +%s >"$state/sealed"; } || exit 1
		fi
		if [ "$mode" != verify ]; then shells; fi
		continue
		;;
	esac
	case $how in
	remove) if [ "$op" != ssh-host-keys ] || [ -z "$keep_keys" ] || ! doing; then remove "$pattern"; fi ;;
	truncate | records) truncated "$pattern" "$how" ;;
	files | logs | journal) "$how" "$pattern" ;;
	empty | lines) "$how" "$pattern" "$arg" ;;
	random-seed) seed "$pattern" ;;
	machine-id) machine_id ;;
	agent) agent ;;
	host-keys) host_keys ;;
	*) echo "the rule $op|$how|$pattern is not understood" >&2; exit 1 ;;
	esac
done
if [ -n "$did" ]; then sync; fi
echo =end=
