# $1: the name of the list of what was installed; its text is the input, and
# where that is empty the list goes away, as do the names that follow. The change
# is over. What the journal says was not there before joins the list as "made".
# A run that is repeated after a lost answer finds everything done.
if [ ! -d "$state/journal" ]; then exit 0; fi
owned
list=$1
shift
# What an earlier run has put there stays on the list; but that of push is whole.
old=/dev/null
if [ -e "$state/$list" ]; then old=$state/$list; fi
whole=
if [ "$list" = push ]; then whole=yes; fi
awk -v whole="$whole" '{ path = $0; sub(/^[^ ]+ [^ ]+ /, "", path) }
	!part { given = 1 }
	!given { exit }
	part == 1 { if ($2 != "absent" && $2 != "turned") next; $0 = "made - " path }
	part == 2 && whole && $1 != "made" { next }
	!(path in listed) && (!part || !/^#/) { listed[path] = 1; print }' - part=1 "$state/journal/index" part=2 "$old" | sort | while read -r kind sum path; do
	# What is not there any more is on no list.
	if [ "$kind" = '#' ] || [ -e "$path" ] || [ -L "$path" ]; then printf '%s\n' "$kind $sum${path:+ $path}" 2>/dev/null || exit 1; fi
done >"$state/$list.new" || full
if [ -s "$state/$list.new" ] && cmp -s "$state/$list.new" "$old"; then
	rm -f "$state/$list.new"
	settle_done
elif [ -s "$state/$list.new" ]; then
	settle_done "$state/$list.new"
	mv -f "$state/$list.new" "$state/$list" || exit 1
else
	rm -f "$state/$list.new" "$state/$list"
	settle_done
fi
for f; do rm -rf "${state:?}/$f"; done
if [ -d "$state/provision" ]; then
	rm -f "$state"/provision/*/script "$state"/provision/*/log "$state"/provision/*/pid "$state"/provision/*/run
	rmdir "$state/provision" 2>/dev/null
fi
rm -rf "$state"/pack-* "$state/journal" "$state/created" "$state/todo" "$state/sum" "$state/done" "$state/owner"
for f in "$state"/*; do
	if [ "$f" != "$state/lock" ] && [ -e "$f" ]; then exit 0; fi
done
rm -rf "$state"
