#!/bin/sh
# Prints the init system of this machine: systemd, sysv, upstart or openrc.
if [ -d /run/systemd/system ] || [ "$(cat /proc/1/comm 2>/dev/null)" = systemd ]; then
	echo systemd
elif [ -x /sbin/openrc-run ] || [ -x /usr/sbin/openrc-run ]; then
	echo openrc
elif /sbin/init --version 2>/dev/null | grep -q upstart; then
	echo upstart
elif [ -d /etc/init.d ]; then
	echo sysv
else
	echo "check-distro.sh: none of systemd, openrc, upstart and SysV init was found" >&2
	exit 1
fi
