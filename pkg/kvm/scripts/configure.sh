# $1: the init system; $2: "booted" where it runs; $3: "restart", "start", "stop" or
# "leave"; $4: what a rollback does with the service. The service is neither
# enabled nor disabled here: that is the platform's.
owned
init=$1
booted=$2
# What it was before the first of several runs is what it becomes again.
if [ ! -s "$state/journal/service" ]; then printf '%s\n' "$4" >"$state/journal/service"; fi
if [ "$init.$booted" = systemd.booted ]; then systemctl daemon-reload || exit 1; fi
if [ "$init.$booted" = upstart.booted ]; then initctl reload-configuration || exit 1; fi
case $3 in
leave) exit 0 ;;
restart) restart ;;
stop)
	service stop
	end_daemons
	;;
*) service "$3" ;;
esac
