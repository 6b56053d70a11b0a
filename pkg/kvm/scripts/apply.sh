# Reads actions, one per line: KIND MODE UID:GID SHA256 OFFSET SIZE PATH, or for
# links: link - - - - - PATH and the target on the next line. $1 is the pack with
# the new contents ("-": none), in which each has its offset and size ("gunzip":
# it is packed there, "write": it is not); $2 is the pack's sha256. What follows
# is for the script that follows. First everything is saved, then staged, then
# put in place.
owned
pack=$1
if [ "$pack" != - ]; then
	got=$(sha256sum <"$pack") || exit 1
	if [ "${got%% *}" != "$2" ]; then
		rm -f "$pack"
		fault "what arrived is not what was sent" 45
	fi
fi
shift 2
apply() {
journal=$state/journal
todo=$state/todo
cat >"$todo" || exit 1
umask 077
saved=$(wc -l <"$journal/index")
before=$saved
# save PATH: what it is now, unless it was saved before this run.
save() {
	if [ "$before" -gt 0 ] && cut -d ' ' -f 3- "$journal/index" | grep -Fqx -e "$1"; then return 0; fi
	saved=$((saved + 1))
	if [ -d "$1" ] && [ ! -L "$1" ]; then
		line="$saved meta:$(stat -c '%a:%u:%g' "$1") $1"
	elif [ -e "$1" ] || [ -L "$1" ]; then
		cp -a "$1" "$journal/$saved.new" && mv -f "$journal/$saved.new" "$journal/$saved" || fault "saving $1"
		line="$saved saved $1"
	else
		line="$saved absent $1"
	fi
	printf '%s\n' "$line" >>"$journal/index" || fault "writing the journal"
}
while read -r kind mode owner sum offset size path; do
	if [ "$kind" = link ]; then read -r target; fi
	save "$path"
done <"$todo"
settle "$journal"/*

while read -r kind mode owner sum offset size path; do
	case $kind in
	link) read -r target ;;
	mkdir)
		[ -d "$path" ] || mkdir -m "$mode" "$path" || fault "making $path"
		if [ "$owner" != 0:0 ]; then chown "$owner" "$path" || exit 1; fi
		;;
	write | gunzip)
		# The most usual mode needs no chmod.
		if [ "$mode" = 0644 ]; then umask 022; else umask 077; fi
		if [ -e "$path.appimg-new" ] || [ -L "$path.appimg-new" ]; then rm -f "$path.appimg-new" || exit 1; fi
		if [ "$size" -eq 0 ]; then : >"$path.appimg-new"
		elif [ "$kind" = gunzip ]; then tail -c "+$((offset + 1))" "$pack" | head -c "$size" | gzip -dc >"$path.appimg-new"
		else tail -c "+$((offset + 1))" "$pack" | head -c "$size" >"$path.appimg-new"; fi || fault "writing $path"
		if [ "$owner" != 0:0 ]; then chown "$owner" "$path.appimg-new" || exit 1; fi
		if [ "$mode" != 0644 ]; then chmod "$mode" "$path.appimg-new" || exit 1; fi
		;;
	esac
done <"$todo"
while read -r kind mode owner sum offset size path; do
	case $kind in
	link)
		read -r target
		rm -f "$path" && ln -s "$target" "$path" || fault "linking $path"
		;;
	write | gunzip) mv -f "$path.appimg-new" "$path" || fault "replacing $path" ;;
	meta) chown "$owner" "$path" && chmod "$mode" "$path" || fault "changing the mode of $path" ;;
	remove) rm -f "$path" || fault "removing $path" ;;
	rmdir) rmdir "$path" 2>/dev/null || [ ! -d "$path" ] || echo "kept $path: it is not empty" ;;
	esac
	printf '%s\n' "$path"
done <"$todo" >"$state/done"
if command -v restorecon >/dev/null 2>&1; then
	while read -r path; do if [ -e "$path" ]; then restorecon "$path" 2>/dev/null; fi; done <"$state/done"
fi
rm -f "$todo"
set --
while read -r path; do if [ -f "$path" ]; then set -- "$@" "$path"; fi; done <"$state/done"
# What was written goes to the disk meanwhile; commit waits for it. Until then
# the journal is open, and a run after a power cut looks at everything again.
if [ $# -gt 0 ]; then settle "$@" </dev/null >/dev/null 2>&1 9>&- & fi
umask 022
}
apply
