# $1: the init system; $2: "booted" where it runs; $3: "restart", "start", "stop" or
# "leave"; $4: what a rollback does with the service. The service is neither
# enabled nor disabled here: that is the platform's.
owned
# What it was before the first of several runs is what it becomes again.
if [ ! -s "$state/journal/service" ]; then printf '%s\n' "$4" >"$state/journal/service"; fi
if [ "$1" = systemd ] && [ "$2" = booted ]; then systemctl daemon-reload || exit 1; fi
if [ "$1" = upstart ] && [ "$2" = booted ]; then initctl reload-configuration || exit 1; fi
case $3 in
leave) exit 0 ;;
*) what=$3 ;;
esac
# The lock must not stay with the daemon.
if [ "$1" = systemd ] && [ "$2" = booted ]; then systemctl "$what" confd.service 9>&-
elif command -v rc-service >/dev/null 2>&1; then rc-service confd "$what" 9>&-
else /etc/init.d/confd "$what" 9>&-; fi
if [ "$what" = stop ]; then
	# One that was started by hand the service does not know.
	ls -l /proc/[0-9]*/exe 2>/dev/null | grep " -> /opt/qingcloud/app-agent/bin/confd" | sed 's|.* /proc/\([0-9]*\)/exe.*|\1|' | while read -r pid; do kill "$pid"; done
	exit 0
fi
