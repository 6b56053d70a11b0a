#!/bin/sh
# Installs the agent where the platform expects it. The service is neither
# enabled nor started: the platform starts it once it has written
# /etc/confd/confd.toml. A second run changes nothing; a failed step ends it.
set -eu
cd "$(dirname "$0")"
home=/opt/qingcloud/app-agent

if [ "$(id -u)" != 0 ]; then
	echo "install.sh: run it as root" >&2
	exit 1
fi
init=$(sh ./check-distro.sh)

# put MODE FROM TO: copied beside TO, then renamed, so that a running confd is
# never overwritten. What is there already stays.
put() {
	mkdir -p "$(dirname "$3")"
	if ! cmp -s "$2" "$3"; then
		cp "$2" "$3.new"
		chmod "$1" "$3.new"
		chown 0:0 "$3.new"
		mv "$3.new" "$3"
		echo "installed $3"
	fi
	chmod "$1" "$3"
	cmp "$2" "$3"
}

mkdir -p "$home/bin" "$home/log" "$home/run" /etc/confd/conf.d /etc/confd/templates
put 0755 bin/confd "$home/bin/confd"
put 0755 exec.sh "$home/bin/exec.sh"
put 0644 config/cmd.info.toml /etc/confd/conf.d/cmd.info.toml
put 0644 config/cmd.info.tmpl /etc/confd/templates/cmd.info.tmpl
put 0644 config/app-agent /etc/logrotate.d/app-agent
for log in cmd.info cmd.log; do
	[ -e "$home/log/$log" ] || : >"$home/log/$log"
done
if [ "$init" = openrc ]; then
	put 0755 distros/openrc/confd /etc/init.d/confd
else
	put 0755 distros/sysv/confd /etc/init.d/confd
fi
"$home/bin/confd" -version
