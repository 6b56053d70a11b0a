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
# What an earlier run has put there stays on the list.
old=/dev/null
if [ -e "$state/$list" ]; then old=$state/$list; fi
awk '{ path = $0; sub(/^[^ ]+ [^ ]+ /, "", path) }
	!part { given = 1 }
	!given { exit }
	part == 1 { if ($2 != "absent") next; $0 = "made - " path }
	!(path in listed) && (!part || !/^#/) { listed[path] = 1; print }' - part=1 "$state/journal/index" part=2 "$old" | sort >"$state/$list.new" || exit 1
if [ -s "$state/$list.new" ] && cmp -s "$state/$list.new" "$old"; then
	rm -f "$state/$list.new"
	if [ $# -gt 0 ]; then settle "$@"; fi
elif [ -s "$state/$list.new" ]; then
	settle "$@" "$state/$list.new"
	mv -f "$state/$list.new" "$state/$list" || exit 1
else
	rm -f "$state/$list.new" "$state/$list"
	if [ $# -gt 0 ]; then settle "$@"; fi
fi
rm -rf "$state"/pack-* "$state/journal" "$state/created" "$state/todo" "$state/done" "$state/owner"
for f in "$state"/*; do
	if [ "$f" != "$state/lock" ] && [ -e "$f" ]; then exit 0; fi
done
rm -rf "$state"
