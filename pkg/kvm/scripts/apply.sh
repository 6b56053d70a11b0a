# Reads actions, one per line: KIND MODE UID:GID SHA256 OFFSET SIZE PATH; for a
# link ("link - - SHA256 - - PATH") the target is on the next line. A line "end"
# follows, then the contents of the "text" actions, whose OFFSET is how many
# lines they have. $1 is the pack with the other contents ("-": none), in which
# each has its offset ("-": it is the whole pack) and size ("gunzip": it is
# packed there, "write": it is not); $2 is the pack's sha256, and $3 "packed"
# where all of it is: gzip has a sum of its own, and what is in place is read
# back in any case, so that such a pack is summed only where gzip complains. The
# other arguments are for the script that follows; "-" N: they are the last N
# lines. First everything is saved, then staged, then put in place. Every process
# counts on a small machine: hence the lists.
owned
pack=$1
sum_wanted=$2
summing=
if [ "$pack" != - ] && [ "$3" != packed ]; then
	sha256sum <"$pack" >"$state/sum" 9>&- & # another processor may have time for it
	summing=$!
fi
shift 3
# whole ends the script where the pack is not what was sent.
whole() {
	if [ "$pack" = - ]; then return 0; fi
	if [ -n "$summing" ]; then wait "$summing" || full
	else sha256sum <"$pack" >"$state/sum" || full; fi
	read -r got _ <"$state/sum"
	if [ "$got" != "$sum_wanted" ]; then
		rm -f "$pack"
		fault "what arrived is not what was sent" 45
	fi
}
todo=$state/todo
journal=$state/journal
# each DO: for every action.
each() {
	while read -r kind mode owner sum offset size path && [ "$kind" != end ]; do
		if [ "$kind" = link ]; then read -r target; fi
		"$1"
	done <"$todo"
}

# save: what the path is now, unless it was saved before this run.
save() {
	# A later run knows by it what is ours.
	printf '%s\n' "$sum $path" >>"$journal/did" || fault "writing the journal"
	if [ "$before" -gt 0 ] && cut -d ' ' -f 3- "$journal/index" | grep -Fqx -e "$path"; then return 0; fi
	saved=$((saved + 1))
	if [ -d "$path" ] && [ ! -L "$path" ]; then
		line="$saved meta:$(stat -c '%a:%u:%g' "$path") $path"
	elif [ -e "$path" ] || [ -L "$path" ]; then
		cp -a "$path" "$journal/$saved.new" && mv -f "$journal/$saved.new" "$journal/$saved" || fault "saving $path"
		line="$saved saved $path"
		if [ "$kind" = mkdir ]; then line="$saved turned $path"; fi # into a folder
	else
		line="$saved absent $path"
	fi
	printf '%s\n' "$line" >>"$journal/index" || fault "writing the journal"
}

# folders makes those that are missing, parents first, with one mkdir.
folders() {
	while read -r kind mode owner sum offset size path && [ "$kind" != end ]; do
		if [ "$kind" = link ]; then read -r target; fi
		if [ "$kind" != mkdir ] || { [ -d "$path" ] && [ ! -L "$path" ]; }; then continue; fi
		if [ -e "$path" ] || [ -L "$path" ]; then rm -f "$path" || fault "removing $path"; fi
		set -- "$@" "$path"
	done <"$todo"
	if [ $# -gt 0 ]; then (umask 022 && mkdir "$@") || fault "making $*"; fi
}

staged() { if [ -e "$path.appimg-new" ] || [ -L "$path.appimg-new" ]; then rm -f "$path.appimg-new" || exit 1; fi; }
# note says which modes are to be set, and removes what an earlier run has staged.
# Files are 0644 while they are written; where one is to be hidden, all are 0600.
note() {
	case $kind.$mode in
	mkdir.0755) return 0 ;;
	mkdir.*) ;;
	text.* | write.* | gunzip.*)
		if [ "$kind" = text ]; then texts=yes; fi
		staged
		case $mode in 0644 | 0755) ;; *) hidden=yes ;; esac
		;;
	*) return 0 ;;
	esac
	case " $modes " in *" $mode "*) ;; *) modes="$modes $mode" ;; esac
}

# stage writes a content of the pack beside its path.
stage() {
	case $kind in
	write | gunzip)
		if [ "$size" = 0 ]; then : >"$path.appimg-new"
		elif [ "$kind.$offset" = gunzip.- ]; then gzip -dc <"$pack" >"$path.appimg-new"
		elif [ "$offset" = - ]; then cat "$pack" >"$path.appimg-new"
		elif [ "$kind" = gunzip ]; then tail -c "+$((offset + 1))" "$pack" | head -c "$size" | gzip -dc >"$path.appimg-new"
		else tail -c "+$((offset + 1))" "$pack" | head -c "$size" >"$path.appimg-new"; fi || { whole; fault "writing $path"; }
		;;
	esac
}

# texts writes the text actions' contents beside their paths, with one awk.
texts() {
	awk 'function done() { while (n < all && left[n] == 0) { if (n) close(name[n]); n++; printf "" >name[n] } }
		!body && skip { skip = 0; next }
		!body && $1 == "end" { body = 1; done(); next }
		!body && $1 == "link" { skip = 1 }
		!body && $1 == "text" { all++; left[all] = $5; sub(/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ /, ""); name[all] = $0 ".appimg-new" }
		body && left[n] > 0 { print >name[n]; left[n]--; done() }
		END { if (left[n] > 0 || n < all) exit 1 }' "$todo" || fault "writing the texts"
}

owners() {
	case $kind in
	mkdir) new=$path ;;
	text | write | gunzip) new=$path.appimg-new ;;
	*) return 0 ;;
	esac
	if [ "$owner" != 0:0 ]; then chown "$owner" "$new" || exit 1; fi
}
with_mode() {
	want=$1
	shift
	while read -r kind mode owner sum offset size path && [ "$kind" != end ]; do
		if [ "$kind" = link ]; then read -r target; fi
		if [ "$mode" != "$want" ]; then continue; fi
		case $kind in
		mkdir) set -- "$@" "$path" ;;
		text | write | gunzip) set -- "$@" "$path.appimg-new" ;;
		esac
	done <"$todo"
	chmod "$want" "$@" || exit 1
}

# way: mv and ln would put a file into a folder, also into one behind a link.
way() {
	if [ -L "$path" ]; then rm -f "$path" || fault "removing $path"
	elif [ -d "$path" ]; then rmdir "$path" || fault "removing the folder $path"; fi
}
place() {
	case $kind in link | text | write | gunzip) if [ -d "$path" ]; then way; fi ;; esac
	case $kind in
	link) rm -f "$path" && ln -s "$target" "$path" || fault "linking $path" ;;
	text | write | gunzip) mv -f "$path.appimg-new" "$path" || fault "replacing $path" ;;
	meta) chown "$owner" "$path" && chmod "$mode" "$path" || fault "changing the mode of $path" ;;
	remove) rm -f "$path" || fault "removing $path" ;;
	rmdir) rmdir "$path" 2>/dev/null || [ ! -d "$path" ] || echo "kept $path: it is not empty" ;;
	esac
	printf '%s\n' "$path"
}

apply() {
	cat >"$todo" || { wait; full; }
	# A line that is cut ends the input too.
	grep -qx end "$todo" || { wait; fault "the list of what is to be done did not arrive whole" 1; }
	umask 077
	before=0
	if [ -s "$journal/index" ]; then before=$(wc -l <"$journal/index"); fi
	saved=$before
	each save
	settle "$journal"/*
	folders
	modes=
	texts=
	hidden=
	each note
	if [ -z "$hidden" ]; then umask 022; fi
	each stage
	if [ -n "$texts" ]; then texts; fi
	each owners
	for m in $modes; do
		if [ "$m.$hidden" != 0644. ]; then with_mode "$m"; fi
	done
	if [ -n "$summing" ]; then whole; fi
	each place >"$state/done"
	set --
	while read -r path; do if [ -e "$path" ]; then set -- "$@" "$path"; fi; done <"$state/done"
	if [ $# -gt 0 ] && command -v restorecon >/dev/null 2>&1; then restorecon "$@" 2>/dev/null; fi
	# What was written goes to the disk meanwhile; commit waits for it. Until then
	# the journal is open, and a run after a power cut looks at everything again.
	settle_done </dev/null >/dev/null 2>&1 9>&- &
	umask 022
}
apply
if [ "$1" = - ]; then
	keep=$IFS
	IFS='
'
	set -f
	# shellcheck disable=SC2046 # one word per line
	set -- $(tail -n "$2" "$todo")
	set +f
	IFS=$keep
fi
