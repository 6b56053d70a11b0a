# $1: the name of the list of what was installed; its text is the input, and
# where that is empty the list goes away. The change is over.
# A run that is repeated after a lost answer finds everything done.
if [ ! -d "$state/journal" ]; then exit 0; fi
owned
cat >"$state/$1.new" || exit 1
if [ -s "$state/$1.new" ]; then
	# What an earlier run has put there stays on the list, and what one that
	# did not come to its end has made joins it.
	[ -e "$state/$1" ] || : >"$state/$1"
	awk '{ path = $0; sub(/^[^ ]+ [^ ]+ /, "", path) }
		FILENAME ~ /index$/ { if ($2 != "absent") next; $0 = "made - " path }
		!(path in listed) && (FILENAME ~ /new$/ || !/^#/) { listed[path] = 1; print }' "$state/$1.new" "$state/journal/index" "$state/$1" | sort >"$state/$1.all" && mv -f "$state/$1.all" "$state/$1.new" || exit 1
fi
if [ -s "$state/$1.new" ]; then
	if cmp -s "$state/$1.new" "$state/$1"; then rm -f "$state/$1.new"; else mv -f "$state/$1.new" "$state/$1" || exit 1; fi
else
	rm -f "$state/$1.new" "$state/$1"
fi
settle
rm -rf "$state"/pack-* "$state/journal" "$state/created" "$state/todo" "$state/done" "$state/sums" "$state/checked"
rm -f "$state/owner"
for f in "$state"/*; do
	if [ "$f" != "$state/lock" ] && [ -e "$f" ]; then exit 0; fi
done
rm -rf "$state"
