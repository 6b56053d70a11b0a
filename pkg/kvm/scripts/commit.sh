# $1: the name of the list of what was installed; its text is the input, and
# where that is empty the list goes away. The change is over. What the journal
# says was not there before joins the list as "made".
# A run that is repeated after a lost answer finds everything done.
if [ ! -d "$state/journal" ]; then exit 0; fi
owned
list=$1
set --
if [ -e "$state/done" ]; then
	while read -r path; do if [ -f "$path" ]; then set -- "$@" "$path"; fi; done <"$state/done"
fi
if [ $# -gt 0 ]; then settle "$@"; fi
cat >"$state/$list.new" || exit 1
if [ -s "$state/$list.new" ]; then
	# What an earlier run has put there stays on the list.
	[ -e "$state/$list" ] || : >"$state/$list"
	awk '{ path = $0; sub(/^[^ ]+ [^ ]+ /, "", path) }
		FILENAME ~ /index$/ { if ($2 != "absent") next; $0 = "made - " path }
		!(path in listed) && (FILENAME ~ /new$/ || !/^#/) { listed[path] = 1; print }' "$state/$list.new" "$state/journal/index" "$state/$list" | sort >"$state/$list.all" && mv -f "$state/$list.all" "$state/$list.new" || exit 1
fi
if [ -s "$state/$list.new" ]; then
	if cmp -s "$state/$list.new" "$state/$list"; then rm -f "$state/$list.new"
	else
		settle "$state/$list.new"
		mv -f "$state/$list.new" "$state/$list" || exit 1
	fi
else
	rm -f "$state/$list.new" "$state/$list"
fi
rm -rf "$state"/pack-* "$state/journal" "$state/created" "$state/todo" "$state/done"
rm -f "$state/owner"
for f in "$state"/*; do
	if [ "$f" != "$state/lock" ] && [ -e "$f" ]; then exit 0; fi
done
rm -rf "$state"
