# $1: the owner that counts as gone, or "" to respect whoever there is. $2: the
# command that this run is.
if [ ! -d /var/lib ]; then mkdir -p /var/lib || exit 1; fi
if [ ! -d "$state" ]; then
	mkdir -m 0700 "$state" "$state/journal" || exit 1
	: >"$state/created"
fi
hold
owner=
if [ -s "$state/owner" ]; then read -r owner <"$state/owner"; fi
if [ -n "$owner" ] && [ "$owner" != "$run" ] && [ "$1" != "$owner" ]; then
	age=$(($(date +%s) - $(stat -c %Y "$state/owner")))
	[ "$age" -ge 60 ] || [ "$age" -le -60 ] || fault "the machine is in the hands of $owner, last seen ${age} s ago" 77
fi
printf '%s\n' "$run" >"$state/owner" || exit 1
if [ ! -d "$state/journal" ]; then mkdir "$state/journal" || exit 1; fi
: >>"$state/journal/index" || exit 1
if [ ! -s "$state/journal/job" ]; then printf '%s\n' "$2" >"$state/journal/job" || exit 1; fi
