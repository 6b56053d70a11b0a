# Prints KEY=VALUE lines of the agent, then the end of its record of commands.
home=/opt/qingcloud/app-agent
put() { printf '%s=%s\n' "$1" "$2"; }
# shellcheck disable=SC2010 # one ls is one process
ls -l /proc/[0-9]*/exe 2>/dev/null | grep " -> $home/bin/confd" | sed 's|.* /proc/\([0-9]*\)/exe.*|pid=\1|'
# The brackets keep the pattern from finding this very script.
grep -la 'app-agent/bin/[e]xec\.sh' /proc/[0-9]*/cmdline 2>/dev/null | sed 's|/proc/\([0-9]*\)/.*|executing=\1|'
if [ -e /etc/init.d/confd ]; then put registered /etc/init.d/confd; fi
if [ -d /run/systemd/system ]; then
	put state "$(systemctl show -p ActiveState,SubState,Result,UnitFileState confd.service 2>/dev/null | tr '\n' ' ')"
fi
for f in "$home/bin/exec.sh" "$home/log/cmd.log" /etc/confd/conf.d/cmd.info.toml; do
	if [ ! -e "$f" ]; then put missing "$f"; fi
done
if [ -s /etc/confd/confd.toml ]; then sed -n 's/^[[:space:]]*nodes[[:space:]]*=[[:space:]]*/nodes=/p; s/^[[:space:]]*prefix[[:space:]]*=[[:space:]]*/prefix=/p' /etc/confd/confd.toml; fi
find -L /etc/confd/conf.d -type f -name '*toml' 2>/dev/null | while IFS= read -r f; do
	dest=$(sed -n "s/^[[:space:]]*dest[[:space:]]*=[[:space:]]*[\"']\([^\"']*\)[\"'].*/\1/p" "$f" | tail -n 1)
	if [ -n "$dest" ] && [ -e "$dest" ]; then put dest "$(stat -L -c '%Y %s' "$dest") $dest"; fi
done
echo "=cmd.log="
tail -c 65536 "$home/log/cmd.log" 2>/dev/null
echo
echo "=end="
