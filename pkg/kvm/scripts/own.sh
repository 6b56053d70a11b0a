# $1: "take" where the owner that there is counts as gone, or "" to respect him.
new=
if [ ! -d "$state" ]; then
	new=yes
	mkdir -p /var/lib && mkdir -m 0700 "$state" || exit 1
fi
hold
owner=
if [ -s "$state/owner" ]; then read -r owner <"$state/owner"; fi
if [ -n "$owner" ] && [ "$owner" != "$run" ] && [ "$1" != "$owner" ]; then
	age=$(($(date +%s) - $(stat -c %Y "$state/owner")))
	[ "$age" -ge 60 ] || [ "$age" -le -60 ] || fault "the machine is in the hands of $owner, last seen ${age} s ago" 77
fi
printf '%s\n' "$run" >"$state/owner.new" && mv -f "$state/owner.new" "$state/owner" || exit 1
if [ -n "$new" ]; then : >"$state/created"; fi
mkdir -p "$state/journal" && : >>"$state/journal/index"
