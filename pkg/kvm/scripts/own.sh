# $1: the owner that counts as gone, or "" to respect whoever there is. $2: the
# command that this run is.
new=
# nothing: what was just made is not left behind.
nothing() {
	if [ -n "$new" ]; then rm -rf "$state"; fi
	if [ ! -s "$state/journal/index" ]; then rm -rf "$state/journal"; fi
	rm -f "$state/owner"
	full
}
if [ ! -d /var/lib ]; then mkdir -p /var/lib || exit 1; fi
if [ ! -d "$state" ]; then
	mkdir -m 0700 "$state" "$state/journal" || exit 1
	new=yes
	: >"$state/created" || nothing
fi
hold
owner=
if [ -s "$state/owner" ]; then read -r owner <"$state/owner"; fi
if [ -n "$owner" ] && [ "$owner" != "$run" ] && [ "$1" != "$owner" ]; then
	age=$(($(date +%s) - $(stat -c %Y "$state/owner")))
	[ "$age" -ge 60 ] || [ "$age" -le -60 ] || fault "the machine is in the hands of $owner, last seen ${age} s ago" 77
fi
printf '%s\n' "$run" 2>/dev/null >"$state/owner" || nothing
if [ ! -d "$state/journal" ]; then mkdir "$state/journal" || nothing; fi
: >>"$state/journal/index" || nothing
if [ ! -s "$state/journal/job" ]; then printf '%s\n' "$2" 2>/dev/null >"$state/journal/job" || nothing; fi
