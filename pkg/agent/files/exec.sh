#!/bin/sh
# exec.sh runs the command that the platform's scheduler sends. confd writes it
# to log/cmd.info as "<id>:<command>" and then starts this script (reload_cmd of
# cmd.info.toml). What the command prints goes to log/app.log; log/cmd.log gets
# one line when it starts and one when it ends.

# Commands are written for bash. Where the image has none they run in sh.
if [ "${1-}" != evaluate ]; then
	if command -v bash >/dev/null 2>&1; then exec bash "$0" evaluate; fi
fi
set --

case $0 in
/*) _agent_log=${0%/*}/../log ;;
*/*) _agent_log=$PWD/${0%/*}/../log ;;
*) _agent_log=$PWD/../log ;;
esac

# The names have a prefix: the command is evaluated in this very shell.
_agent_note() {
	printf '%s %s [%s]: %s\n' "$(date '+%Y-%m-%d %H:%M:%S')" "$_agent_id" "$1" "$_agent_cmd" >>"$_agent_log/cmd.log"
}

[ -r "$_agent_log/cmd.info" ] || exit 0
_agent_nl='
'
_agent_cmd=
while IFS= read -r _agent_line || [ -n "$_agent_line" ]; do
	case $_agent_line in
	*[!\ \	]*) _agent_cmd=$_agent_cmd${_agent_cmd:+$_agent_nl}$_agent_line ;;
	esac
done <"$_agent_log/cmd.info"
[ -n "$_agent_cmd" ] || exit 0

# "<id>:<command>": the command may have colons of its own.
_agent_id=${_agent_cmd%%:*}
_agent_cmd=${_agent_cmd#*:}

_agent_note executing
# "command" keeps sh alive when the text cannot be parsed.
command eval "$_agent_cmd" >>"$_agent_log/app.log" 2>&1
_agent_rc=$?
if [ "$_agent_rc" -eq 0 ]; then
	_agent_note successful
	exit 0
fi
_agent_note "failed$_agent_rc"
exit 1
