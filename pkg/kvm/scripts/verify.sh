# What the installed daemon says, what the init system says of the service, and
# every pair there is; then the files' states follow.
home=/opt/qingcloud/app-agent
if [ -x "$home/bin/confd" ]; then
	limit=
	if command -v timeout >/dev/null 2>&1; then limit="timeout 60"; fi
	if version=$($limit "$home/bin/confd" -version 2>&1 </dev/null); then echo "agent.version=${version%%
*}"
	else
		code=$?
		version=${version##*
}
		echo "fault=$home/bin/confd does not run: ${version:-it ends with exit status $code and says nothing}"
	fi
	if ! said=$(sh -n /etc/init.d/confd 2>&1); then echo "fault=/etc/init.d/confd is no script: $said"; fi
	if [ -d /run/systemd/system ]; then
		load=$(systemctl show -p LoadState -p ActiveState confd.service 2>&1)
		case $load in *LoadState=loaded*) ;; *) echo "fault=systemd does not know confd.service: $load" ;; esac
		case $load in *ActiveState=active*) echo service.active=yes ;; esac
	elif [ -d /run/openrc ] && ! rc-service -e confd; then echo "fault=OpenRC does not know the service confd"
	fi
	if [ -e /etc/init/confd.conf ] && [ -x /sbin/initctl ] && /sbin/initctl version >/dev/null 2>&1 && ! /sbin/initctl status confd >/dev/null 2>&1; then
		echo "fault=upstart does not know the job confd"
	fi
fi
echo "=pairs="
list=
if [ -d /etc/confd/conf.d ]; then list=$(find -L /etc/confd/conf.d /etc/confd/templates -type f -size -2048 \( -name '*toml' -o -path '/etc/confd/templates/*' \) 2>/dev/null | head -n 1000); fi
if [ -n "$list" ]; then
	keep=$IFS
	IFS='
'
	set -f
	# shellcheck disable=SC2086 # one word per line
	wc -c $list
	echo "=contents="
	# shellcheck disable=SC2086
	cat $list
	set +f
	IFS=$keep
fi
echo "=files="
