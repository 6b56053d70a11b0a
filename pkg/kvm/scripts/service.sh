# For scripts that tell the init system of the service: $init, and $booted where
# that runs.
# service ACTION tells it; what is said then tells why it could not be. The lock
# must not stay with the daemon.
service() {
	if [ "$init.$booted" = systemd.booted ]; then systemctl "$1" confd.service 9>&-
	elif command -v rc-service >/dev/null 2>&1; then rc-service confd "$1" 9>&-
	elif [ -x /etc/init.d/confd ]; then /etc/init.d/confd "$1" 9>&-; fi >&2
}
# daemons are the processes of the installed daemon, also of one that is replaced.
daemons() { ls -l /proc/[0-9]*/exe 2>/dev/null | sed -n 's|.*/proc/\([0-9]*\)/exe -> /opt/qingcloud/app-agent/bin/confd\( (deleted)\)\{0,1\}$|\1|p'; }
# end_daemons ends those that the service does not know of: what another agent's
# service has started, or somebody by hand.
end_daemons() {
	n=0
	signal=TERM
	while [ -n "$(daemons)" ] && [ "$n" -lt 60 ]; do
		if [ "$n" = 50 ]; then signal=KILL; fi
		for pid in $(daemons); do
			if [ "$n" = 0 ] || [ "$n" = 50 ]; then kill "-$signal" "$pid" 2>/dev/null; fi
		done
		n=$((n + 1))
		sleep 0.2 2>/dev/null || sleep 1
	done
}
# restart starts a daemon where one runs, whoever has started that.
restart() {
	service stop
	end_daemons
	service start
}
